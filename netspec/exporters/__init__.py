"""Export of networks to other formats: ONNX, torch.export and safetensors.

A format is a row in `formats.py` and a file of its name with a function `make`. torch is imported only when a network
is exported: the driver, the formats and the result need none.
"""
