"""What takes the place of files of scripts, where the network is a detector."""
