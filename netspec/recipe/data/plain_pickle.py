"""Reading of the pickles of CIFAR's makers, without running what a pickle may ask for.

A pickle is a program that names functions and calls them. Here every name stands for an inert note of the call; a
note of an array of bytes is read as one, and no other is of use. Imports no torch.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netspec.images.content import content_of
from netspec.interop.pickle_cost import costly
from netspec.recipe.data.problems import damaged

if TYPE_CHECKING:
    import numpy as np


class _Dtype:
    """The arguments of a call of ``numpy.dtype("u1", ...)``."""

    def __init__(self, name: object = None, *_: object) -> None:
        self.name = name

    def __setstate__(self, state: object) -> None:
        """Ignore the byte order and the like, which do not matter for bytes."""


class _Array:
    """The arguments of an array's constructor, and its state."""

    shape: object = None
    kind: object = None
    content: object = None

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 5:
            _, self.shape, self.kind, _, self.content = state


def _asked_array(*_: object) -> _Array:
    """``numpy.core.multiarray._reconstruct``."""
    return _Array()


def _given_array(content: object = None, kind: object = None, shape: object = None, *_: object) -> _Array:
    """``numpy.core.numeric._frombuffer``, of newer pickles."""
    made = _Array()
    made.shape, made.kind, made.content = shape, kind, content
    return made


def _encoded(text: object = "", encoding: object = "latin1") -> bytes:
    """``_codecs.encode``, by which older pickles write bytes."""
    if isinstance(text, str) and encoding == "latin1":
        return text.encode("latin1")
    raise pickle.UnpicklingError("it encodes what is no text in Latin-1")


_KNOWN = {
    "numpy.dtype": _Dtype,
    "numpy.ndarray": _Array,
    "numpy.core.multiarray._reconstruct": _asked_array,
    "numpy.core.numeric._frombuffer": _given_array,
    "_codecs.encode": _encoded,
}


class _Inert(pickle._Unpickler):  # Python's own, not C's: that one makes room for whatever number a pickle names
    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get(f"{module.replace('numpy._core', 'numpy.core')}.{name}")
        if known is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no such file does")
        return known

    def load_bytearray8(self) -> None:
        """The content of an array; Python's own way would first make room for the length that is stated."""
        (length,) = struct.unpack("<Q", self.read(8))  # type: ignore[attr-defined]
        self.append(self.read(min(length, 1 << 40)))  # type: ignore[attr-defined]

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8


def unpickled(file: Path) -> Mapping[str, Any]:
    """The table that a file holds, its keys as text, arrays of bytes as `bytes_of` reads them.

    Raises:
        NetspecError: NS0803: it cannot be read, names what such a file does not, or holds no table.
    """
    try:
        content = content_of(str(file))
        reason = costly(io.BytesIO(content))
        found = None if reason else _Inert(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a broken pickle makes anything happen
        damaged(file, f"it cannot be read ({str(error)[:200] or type(error).__name__})")
    if reason:
        damaged(file, f"it cannot be read: {reason}")
    if not isinstance(found, dict):
        damaged(file, "it holds no table of names")
    return {
        key.decode("latin1") if isinstance(key, bytes) else key: value
        for key, value in found.items()
        if isinstance(key, str | bytes)
    }


def bytes_of(value: object, columns: int) -> np.ndarray[Any, Any] | None:
    """An array of bytes in rows of `columns`, [N, columns]; None where a value is no such array."""
    import numpy as np

    if not isinstance(value, _Array) or not isinstance(value.kind, _Dtype) or value.kind.name not in ("u1", "uint8"):
        return None
    content = value.content.encode("latin1") if isinstance(value.content, str) else value.content
    shape = value.shape
    if not isinstance(content, bytes) or not isinstance(shape, tuple) or len(shape) != 2:
        return None
    if shape[1] != columns or not isinstance(shape[0], int) or shape[0] < 1 or shape[0] * columns != len(content):
        return None
    return np.frombuffer(content, np.uint8).reshape(-1, columns)
