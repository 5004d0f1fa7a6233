"""What torch's autograd does with storages, without torch: which are made, which are views, which are kept."""

from netspec.autograd.tape import Operation, Tape
from netspec.autograd.tensor import DTYPE_BYTES, FLOAT32, PRECISIONS, Precision, Storage, Tensor, Tensors, Weights

__all__ = [
    "DTYPE_BYTES",
    "FLOAT32",
    "PRECISIONS",
    "Operation",
    "Precision",
    "Storage",
    "Tape",
    "Tensor",
    "Tensors",
    "Weights",
]
