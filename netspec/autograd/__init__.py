"""Storages under torch's autograd, computed without torch: those that are made, are views, and are kept."""

from netspec.autograd.tape import Operation, Tape
from netspec.autograd.tensor import DTYPE_BYTES, FLOAT32, PRECISIONS, Precision, Storage, TapeTensor, Tensors, Weights

__all__ = [
    "DTYPE_BYTES",
    "FLOAT32",
    "PRECISIONS",
    "Operation",
    "Precision",
    "Storage",
    "Tape",
    "TapeTensor",
    "Tensors",
    "Weights",
]
