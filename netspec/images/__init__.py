"""Image files of strangers: which formats are read, what is looked at before anything is decoded, and the one door."""
