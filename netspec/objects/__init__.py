"""Immutable objects that are faster to define than dataclasses."""
