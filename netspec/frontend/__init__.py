"""Text to checked document to elaborated graph."""
