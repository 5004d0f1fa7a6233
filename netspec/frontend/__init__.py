"""Text to elaborated graph."""
