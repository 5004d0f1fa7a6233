"""Augmentations: functions of a batch and of uniform random numbers for each image.

Neither torchvision's transforms.v2 nor kornia does this: the former draws one amount
for a whole batch, both draw inside, by the device's own generator, so that a run gives
other images on another device or number of processes. Their functions under our own
draws would be called image by image. Effects and constants are torchvision's.
"""
