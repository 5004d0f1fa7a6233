"""The mistakes: a new file with a function that `mends` codes is all it takes."""
