"""What a network makes of images, as numbers and as pictures, and how one step of training changes it."""
