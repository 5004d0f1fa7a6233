"""Storages, the tensors that show them, and the element types of a training step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal

from netspec.autograd.strides import Strides, is_channels_last, is_contiguous
from netspec.objects.immutable import immutable, unique
from netspec.shape import Shape, product

DTYPE_BYTES = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "int32": 4,
    "int64": 8,
}
"""Bytes of an element by its type."""


def is_float_type(dtype: str) -> bool:
    """Whether an element type is one of floating-point numbers."""
    return dtype.startswith(("float", "bfloat"))


def widest_type(dtypes: Iterable[str]) -> str:
    """The type of the result of tensors of several types: floats before integers, those before truth values."""
    return max(dtypes, key=lambda dtype: (is_float_type(dtype), dtype != "bool", DTYPE_BYTES[dtype]))


@immutable
class Precision:
    """Element types of a training step.

    Attributes:
        name: The common name: ``float32``, ``bf16``, ...
        weights: Type of the parameters, and of the network's input.
        autocast: Type that matrix products and convolutions are cast to, or None.
    """

    name: str
    weights: str = "float32"
    autocast: str | None = None


FLOAT32 = Precision("float32")

PRECISIONS = {
    each.name: each
    for each in (
        FLOAT32,
        Precision("bf16", autocast="bfloat16"),
        Precision("fp16", autocast="float16"),
        Precision("bf16-true", "bfloat16"),
        Precision("fp16-true", "float16"),
    )
}
"""Precisions by name: ``bf16`` casts as it goes (``torch.autocast``), ``bf16-true`` has all weights in 16 bits."""


@unique
class Storage:
    """A piece of memory; two are equal only if they are the same object.

    Attributes:
        bytes: Its size.
        kind: A `value` is made in the pass; the others exist before the forward pass.
    """

    bytes: int
    kind: Literal["value", "input", "parameter", "buffer"] = "value"


@immutable
class TapeTensor:
    """A tensor on a tape: a view of a storage, without values. The shape holds the batch; strides count elements."""

    storage: Storage
    shape: Shape
    strides: Strides
    dtype: str = field(default="float32")
    needs_grad: bool = False

    @property
    def is_contiguous(self) -> bool:
        """Whether its elements lie in order."""
        return is_contiguous(self.shape, self.strides)

    @property
    def is_channels_last(self) -> bool:
        """Whether torch takes it for an image with its channels last."""
        return is_channels_last(self.shape, self.strides)

    @property
    def numel(self) -> int:
        """Number of its elements."""
        return product(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether it can have a gradient."""
        return is_float_type(self.dtype)

    def seen(self, shape: Shape, strides: Strides) -> TapeTensor:
        """The same storage in another shape."""
        return replace(self, shape=shape, strides=strides)


Tensors = tuple[TapeTensor, ...]
Weights = Mapping[str, TapeTensor]
"""A layer's tensors by name, buffers too."""
