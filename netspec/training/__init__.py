"""Training: what is checked before it, its steps, and what a run leaves behind; each room says what it holds.

`spec`, `resuming` and `interface` take a spec to its run and import torch where a network is trained: by then the
recipe (`netspec.recipe`), the data and the device are seen to be there (`beforehand`).
"""
