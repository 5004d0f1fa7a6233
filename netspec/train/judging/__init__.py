"""What judges a network: its figures on data, and what it tells of images."""
