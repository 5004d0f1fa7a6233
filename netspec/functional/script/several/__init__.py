"""What takes the place of files of scripts, where outputs have a target each."""
