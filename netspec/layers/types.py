"""Element types of a layer's inputs and outputs.

Rules that many layers share are values: ``result_types = widest``.
"""

from typing import Any, ClassVar, Literal

from netspec.autograd.tensor import DTYPE_BYTES, is_float_type, widest_type

Kind = Literal["float", "int", "bool", "number", "mask", "any"]
"""Element types that an input may have. A number is a float or an integer, a mask a float or a truth value."""

Types = tuple[str, ...]
"""Element types by torch's names, such as ``float32``."""

_MADE = {"float": "float32", "int": "int64", "bool": "bool"}


class Typed:
    """Element types: floats in, and the same out, by default.

    Class attributes:
        dtype: Kind of elements that each input must have; or a tuple with one for each input, the last of which holds
            for all further ones.
        out_dtype: Element type of the outputs; ``same`` as the first input's.
    """

    dtype: ClassVar[Kind | tuple[Kind, ...]] = "float"
    out_dtype: ClassVar[Literal["same", "float", "int", "bool"]] = "same"

    def kind_at(self, position: int, /) -> Kind:
        """The kind of elements that the input at a position must have; by default what `dtype` says."""
        return self.dtype[min(position, len(self.dtype) - 1)] if isinstance(self.dtype, tuple) else self.dtype

    def result_types(self, given: Types, /) -> Types:
        """Element types of the outputs for those of the inputs; the last holds for all further outputs."""
        made = _MADE.get(self.out_dtype)
        return (made,) if made else given[:1] or ("float32",)


def widest(layer: Any, given: Types, /) -> Types:
    """The type that torch computes in where inputs differ: floats before integers, then the one of more bytes."""
    return (widest_type(given),)


def is_taken(kind: Kind, dtype: str) -> bool:
    """Whether an element type is of a kind."""
    own = "float" if is_float_type(dtype) else "bool" if dtype == "bool" else "int"
    return kind in ("any", own) or (kind == "number" and own != "bool") or (kind == "mask" and own != "int")


def type_beside(dtype: str, number: bool | float) -> str:
    """The type of elements that meet a number: their own, or ``int64`` or ``float32`` where that is of another kind.

    A number's kind alone decides, whether it is whole or has a point: torch's promotion of numbers of Python.
    """
    if is_float_type(dtype) or isinstance(number, bool):
        return dtype
    if isinstance(number, int):
        return "int64" if dtype == "bool" else dtype
    return "float32"


def holds(dtype: str, number: bool | float) -> bool:
    """Whether a number is none beyond those of an element type; torch fails on others, or turns them round.

    A float of 16 bits has an infinity in their place, as networks in half precision have it, where masks are added.
    """
    if isinstance(number, int) and not -(2**63) <= number < 2**63:
        return False
    if is_float_type(dtype):
        return dtype != "float32" or abs(number) <= _LARGEST_FLOAT32
    bits = 8 * DTYPE_BYTES[dtype]
    low, high = (0, 2**bits) if dtype == "uint8" else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return isinstance(number, bool) or low <= number < high


_LARGEST_FLOAT32 = (2 - 2.0**-23) * 2.0**127
