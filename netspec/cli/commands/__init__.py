"""Commands, a file each, named as they are called. The first line is ```netspec NAME`: HELP``, as `--help` shows it."""
