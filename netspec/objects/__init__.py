"""Objects with named fields, whose classes are defined faster than dataclasses."""
