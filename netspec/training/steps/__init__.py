"""The execution of a step: the loop, the optimizer's step, the device."""
