"""The start of a spec: what lies at a place, a network that takes it and tells what it is to tell, and a recipe."""
