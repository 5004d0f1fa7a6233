"""NumPy's files, bounded by their headers before anything is read. Imports NumPy in its functions alone."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any

from netspec.diagnostics import NetspecError
from netspec.functional.data.image_files import kind_of
from netspec.recipe.data.problems import damaged

_FREE = 1 << 29
"""Bytes that arrays of one file may always become."""

_RATIO = 100
"""The factor of its own length that a compressed file may become beyond that: pixels pack two to twenty times."""


def read_arrays(place: Path, wanted: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """Arrays of an .npz file, or of the .npy files of a folder.

    Args:
        place: The file or the folder.
        wanted: The names of the arrays to read.

    Returns:
        The arrays by name; the names of all that are there.

    Raises:
        NetspecError: NS0803: it cannot be read, holds Python objects, or would become too large.
    """
    if place.is_dir():
        files = {file.stem: file for file in sorted(place.glob("*.npy"))}
        return {name: _read_file(file) for name, file in files.items() if name in wanted}, list(files)
    with _readable(place):
        _check_kind(place)
        with zipfile.ZipFile(place) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            chosen = {name: info for name, info in members.items() if name in wanted}
            size, packed = sum(info.file_size for info in chosen.values()), place.stat().st_size
            if size > _FREE and size > _RATIO * packed:
                damaged(place, f"its {packed:,} bytes would become {size:,}, more than {_RATIO} times as many")
            found = {}
            for name, info in chosen.items():
                with archive.open(info) as member:
                    found[name] = _read(member, info.file_size, f"{place}: {name}")
            return found, list(members)


def _read_file(file: Path) -> Any:
    with _readable(file):
        _check_kind(file)
        with file.open("rb") as opened:
            return _read(opened, file.stat().st_size, str(file))


def _read(file: IO[bytes], size: int, where: str) -> Any:
    """An array whose header promises no more than there is."""
    import numpy as np
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    reads = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in reads:
        damaged(where, f"it is of version {version[0]}.{version[1]} of NumPy's format; 1.0 and 2.0 are read")
    shape, fortran, kind = reads[version](file)
    if kind.hasobject:
        damaged(where, "it holds Python objects, which are not read; save numbers")
    promised = prod(shape) * kind.itemsize
    if promised > size:
        damaged(where, f"its header promises {promised:,} bytes ({' x '.join(map(str, shape))}), it holds {size:,}")
    content = bytearray()
    while len(content) < promised and (piece := file.read(min(promised - len(content), 1 << 24))):
        content += piece
    if len(content) < promised:
        damaged(where, f"it is cut short: {promised:,} bytes are promised, {len(content):,} there")
    array = np.frombuffer(content, kind, prod(shape))
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def _check_kind(place: Path) -> None:
    state = place.stat()
    if reason := kind_of(state):
        damaged(place, reason)


@contextmanager
def _readable(place: Path) -> Iterator[None]:
    """Report a file that NumPy cannot read."""
    try:
        yield
    except NetspecError:
        raise
    except Exception as error:  # NumPy's reader and zip's raise of many kinds
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        damaged(place, f"it cannot be read as arrays ({reason})")
