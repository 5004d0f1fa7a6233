"""Networks in the formats of others: ONNX, torch.export and safetensors.

A format is a row in `formats.py` and a file of its name with a function `make`. torch is imported where a network is
exported, not before: the driver, the formats and the result need none.
"""
