"""Augmentations: functions of a batch and of uniform random numbers for each image."""
