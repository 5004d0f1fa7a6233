"""Arrays in memory, and NumPy's files, bounded by their headers before they are read. Functions import NumPy."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Arrays in memory, where a file of arrays may stand.

    Attributes:
        name: What they are called.
        arrays: NumPy's arrays by the input that each is for; a lone one by the empty name, for any.
    """

    name: str
    arrays: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name

    def examples(self, names: Sequence[str]) -> Mapping[str, Any]:
        """As `examples_in`.

        Raises:
            NetspecError: NS0803: they are of Python objects, or one is not there.
        """
        for name, array in self.arrays.items():
            if array.dtype.hasobject:
                damaged(f"{self.name}: {name}" if name else self.name, "it holds Python objects; numbers are taken")
        if len(names) == len(self.arrays) == 1:
            return {names[0]: next(iter(self.arrays.values()))}
        if "" in self.arrays:
            told = ", ".join(f"`{name}`" for name in names)
            damaged(self.name, f"it is one array, and the network takes {told}", "give a dictionary of them by name")
        for name in names:
            if name not in self.arrays:
                damaged(self.name, f"it has no array {name}, but {', '.join(list(self.arrays)[:10]) or 'none'}")
        return {name: self.arrays[name] for name in names}


def checked_arrays(place: Path, names: Sequence[str], needed: Sequence[str]) -> Mapping[str, Any]:
    """The arrays of an .npz file, or of the .npy files of a folder, once their headers are looked at.

    Args:
        place: The file or the folder.
        names: The arrays that are read.
        needed: Those of them that must be there.

    Raises:
        NetspecError: NS0803: it cannot be read, holds Python objects, lacks an array, or would become too large.
    """
    from netspec.functional.data.arrays import read_arrays

    if place.is_dir():
        there = [file.stem for file in sorted(place.glob("*.npy"))]
        for file in (place / f"{name}.npy" for name in there if name in names):
            with _readable(file):
                _check_kind(file)
                with file.open("rb") as opened:
                    _check_header(opened, file.stat().st_size, str(file))
    else:
        with _readable(place):
            _check_kind(place)
            there = _check_members(place, names)
    if not there:
        example = f"`numpy.savez(PATH, {', '.join(f'{name}=...' for name in needed)})` saves some"
        damaged(place, "it is empty: it holds no array", example)
    for name in needed:
        if name not in there:
            damaged(place, f"it has no array {name}, but {', '.join(there[:10])}", _renamed(there, names))
    with _readable(place):
        return read_arrays(place, names)


def _renamed(there: Sequence[str], names: Sequence[str]) -> str:
    """Advice on the names of arrays, which the word of a part ends: `x` is to be `x_train`."""
    bare = {name: name.removesuffix("_train") for name in names if name.endswith("_train") and name not in there}
    given = {name: each for name, each in bare.items() if each in there} or dict.fromkeys(bare, "...")
    saved = ", ".join(f"{name}={each}" for name, each in given.items())
    return f"each is called by its part, as by `numpy.savez(PATH, {saved})`"


def examples_in(place: Path | InMemory, names: Sequence[str]) -> Mapping[str, Any]:
    """The arrays of examples that stand by themselves: of an .npz file by name, or the one of an .npy file, mapped.

    Where one input is to be fed, the only array of a file is its, whatever it is called.

    Args:
        place: The file; or arrays in memory.
        names: The arrays that are read, all of which must be there.

    Raises:
        NetspecError: NS0803: as `checked_arrays`, or an .npy file is given where several arrays are needed.
    """
    import numpy as np

    if isinstance(place, InMemory):
        return place.examples(names)
    with _readable(place):
        _check_kind(place)
        with place.open("rb") as opened:
            alone = opened.read(6) == b"\x93NUMPY"
            opened.seek(0)
            if alone:
                if len(names) > 1:
                    told = ", ".join(f"`{name}`" for name in names)
                    damaged(
                        place, f"it holds one array, and the network takes {told}", "put them into one .npz by name"
                    )
                shape = _check_header(opened, place.stat().st_size, str(place))
                # What has no elements cannot be mapped.
                return {names[0]: np.load(place, mmap_mode="r" if prod(shape) else None)}
        with zipfile.ZipFile(place) as archive:
            there = [name.removesuffix(".npy") for name in archive.namelist()]
    if len(names) == len(there) == 1 and names[0] not in there:
        return {names[0]: checked_arrays(place, there, there)[there[0]]}
    return checked_arrays(place, names, names)


def _check_members(place: Path, wanted: Collection[str]) -> list[str]:
    """The names of the arrays of an .npz file; the headers of those that are wanted are right."""
    with zipfile.ZipFile(place) as archive:
        members = [(info.filename.removesuffix(".npy"), info) for info in archive.infolist()]
        size = sum(info.file_size for name, info in members if name in wanted)
        packed = place.stat().st_size
        if size > _FREE and size > _RATIO * packed:
            damaged(place, f"its {packed:,} bytes would become {size:,}, more than {_RATIO} times as many")
        for name, info in members:
            if name in wanted:
                with archive.open(info) as member:
                    _check_header(member, info.file_size, f"{place}: {name}")
        return [name for name, _ in members]


def _check_header(file: IO[bytes], size: int, where: str) -> tuple[int, ...]:
    """The shape that an array's header tells; one of objects, or larger than what is there, is refused."""
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    reads = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in reads:
        damaged(where, f"it is of version {version[0]}.{version[1]} of NumPy's format; 1.0 and 2.0 are read")
    shape, _, kind = reads[version](file)
    if kind.hasobject:
        damaged(where, "it holds Python objects, which are not read; save numbers")
    left = size - file.tell()
    if (promised := prod(shape) * kind.itemsize) > left:
        damaged(where, f"its header promises {promised:,} bytes ({' x '.join(map(str, shape))}), it holds {left:,}")
    return shape


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
