"""Files of strangers and our own: read to a bound, written whole or not at all, and no link followed elsewhere."""
