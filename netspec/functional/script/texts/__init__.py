"""What takes the place of files of scripts, where the data are texts."""
