"""Reader of the IDX format, in which MNIST is published. Imports no torch.

Format: two zero bytes, a type (8 for unsigned bytes), the number of axes, each axis's size as a big-endian
32-bit integer, then the elements in row-major order (http://yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO, NoReturn

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable

_UNSIGNED_BYTE = 8
_PIECE = 1 << 20
_TRAILER = 8
"""Bytes at the end of what gzip compressed: a checksum and the length."""

_SLACK = 1 << 20
"""Bytes that a file may be longer than what is in it."""
_MOST = 1 << 29
"""Bytes that a file may hold: MNIST has 47,040,000, and what is compressed may promise any number."""


@immutable
class Idx:
    """An array of unsigned bytes: its shape and its elements in row-major order."""

    shape: tuple[int, ...]
    data: bytearray


def read_idx(path: Path, *inner: int) -> Idx:
    """Read an IDX file of unsigned bytes, plain or compressed by gzip.

    Args:
        path: The file; its first bytes tell whether it is compressed, not its name.
        inner: The sizes that its axes after the first must have.

    Raises:
        NetspecError: NS0803 naming the file: it is no IDX file, cut short, or too long.
    """
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not compressed:
                return _read(raw, path, inner)
            raw.seek(-min(path.stat().st_size, _TRAILER), os.SEEK_END)
            if not any(raw.read()):  # zeros behind its end, which gzip would skip one by one
                broken(path, "its compressed data end in zeros: they are damaged or cut short")
            raw.seek(0)
            with gzip.open(raw) as unpacked:
                return _read(unpacked, path, inner)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        broken(path, f"its compressed data are damaged or cut short ({error})")
    except OSError as error:
        broken(path, f"it cannot be read ({error.strerror or error})")


def broken(path: Path, what: str) -> NoReturn:
    """Raise NS0803 for a file of a data set."""
    help = "replace the file; one that is deleted from netspec's own cache is downloaded again"
    raise NetspecError.of(Code.DATA_BROKEN, f"{path}: {what}", help=help)


def _read(file: BinaryIO | gzip.GzipFile, path: Path, inner: tuple[int, ...]) -> Idx:
    axes = 1 + len(inner)
    magic = file.read(4)
    expected = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if magic != expected:
        broken(path, f"it begins with {magic.hex(' ') or 'nothing'}, not with {expected.hex(' ')} as IDX files do")
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        broken(path, "it is cut short within its header")
    shape = struct.unpack(f">{axes}I", header)
    size, told = prod(shape), " x ".join(map(str, shape))
    if shape[1:] != inner or not shape[0]:
        held, wanted = ("x".join(map(str, each)) for each in (shape[1:], inner))
        broken(path, f"it holds {shape[0]:,} images of {held}, not some of {wanted}" if inner else "it holds no labels")
    if size > _MOST:
        broken(path, f"its header promises {size:,} bytes ({told}); up to {_MOST:,} are read")
    if path.stat().st_size > size + _SLACK:
        broken(path, f"its header promises {size:,} bytes ({told}), it holds more")
    data = bytearray()
    # Piece by piece: so that a header that promises too much costs no memory.
    while len(data) <= size and (piece := file.read(_PIECE)):
        data += piece
    if len(data) != size:
        held = f"{len(data):,}" if len(data) < size else "more"
        broken(path, f"its header promises {size:,} bytes ({told}), it holds {held}")
    return Idx(shape, data)
