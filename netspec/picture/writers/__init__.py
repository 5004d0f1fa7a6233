"""Writers of drawings, a file for each format."""
