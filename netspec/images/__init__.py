"""Image files of strangers: the formats that are read, the checks before anything is decoded, and the one door."""
