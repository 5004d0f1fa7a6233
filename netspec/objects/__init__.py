"""Objects: how Python makes them, faster than it does by itself."""
