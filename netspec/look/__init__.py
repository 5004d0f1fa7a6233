"""What a network makes of images, as numbers and as pictures."""
