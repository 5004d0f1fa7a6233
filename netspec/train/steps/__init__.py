"""What runs a step: the loop, the optimizer's step, the device."""
