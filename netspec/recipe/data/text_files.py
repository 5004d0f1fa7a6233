"""Text files of strangers as bytes: looked at, bounded, mapped to memory where they are large. Imports no torch."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.styled import printable
from netspec.files.reading import OPENED
from netspec.functional.data.encodings import LOOKED_AT, foreign_encoding, in_utf_8
from netspec.functional.data.walk import Walk
from netspec.recipe.data.problems import all_damaged, damaged

if TYPE_CHECKING:
    import numpy as np

_MOST_FILES = 1_000_000
_MOST_READ = 4 * 2**30
"""Bytes of small files that are held in memory at most; large ones are mapped, and may have any size."""

_MAPPED = 2**20
"""Bytes from which on a file is mapped."""

_LOOKED_AT = 2**13
"""Bytes of a file's beginning that tell whether it is a text: a text has no byte 0."""

_SHOWN = 3


def texts_in(
    place: Path, pattern: str, without: Sequence[str] = (), *, strict: bool = True
) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
    """The bytes of the texts of a place, in the order of their names, and remarks on what is left out.

    Args:
        place: A file, or a folder whose files and those below are taken; links that lead out of it are not followed.
        pattern: What the names of files are like, relative to the folder: ``*.txt``.
        without: Names of folders that are passed over.
        strict: Whether files that cannot be read are an error; otherwise they are passed over.

    Raises:
        NetspecError: NS0803: files cannot be read, there are none, or they are too many.
    """
    if not os.path.isdir(place):  # noqa: PTH112 - a Path's own raises where a name is too long
        found, reason = _content(str(place))
        if reason == _BINARY and (encoding := _encoding(place)):
            damaged(place, f"it is in {encoding}, and texts are read in UTF-8", in_utf_8(encoding))
        if found is None or not len(found):
            damaged(place, reason or "it is empty")
        return [found], []
    walk = Walk(place, place)
    names = sorted(_some(walk, place, pattern, set(without)))
    texts, binary, broken, held = [], [], list(walk.broken) if strict else [], 0
    for name in names:
        found, reason = _content(f"{place}/{name}")
        if found is None and reason == _BINARY:
            binary.append(name)
        elif found is None:
            broken += [(f"{place}/{name}", str(reason))] if strict else []
        elif len(found):
            texts.append(found)
            held += len(found) if len(found) < _MAPPED else 0
        if held > _MOST_READ:
            damaged(place, f"its small files have more than {_MOST_READ:,} bytes", "join them to larger ones")
    all_damaged(broken, "replace the file, or take it out of the folder")
    if not texts:
        damaged(place, f"it holds no texts called `{pattern}`", 'say what files are called: `files: "*.txt"`')
    return texts, _left_out(binary)


_BINARY = "it is no text: it holds a byte 0"


def _encoding(place: Path) -> str | None:
    """The encoding of a text with bytes of 0, where its beginning tells one."""
    with place.open("rb") as file:
        return foreign_encoding(file.read(LOOKED_AT))


def _some(walk: Walk, place: Path, pattern: str, without: set[str]) -> Iterator[str]:
    """The files of a walk whose names are like a pattern."""
    for count, name in enumerate(walk.files()):
        if count >= _MOST_FILES:
            damaged(place, f"it holds more than {_MOST_FILES:,} files")
        if fnmatch(name, pattern) and not without.intersection(name.split("/")[:-1]):
            yield name


def _content(path: str) -> tuple[np.ndarray[Any, Any] | None, str | None]:
    """The bytes of a file; None, and the reason, where it has none that could be read as a text."""
    import numpy as np

    try:
        handle = os.open(path, OPENED)
        with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            size = os.fstat(handle).st_size
            if size >= _MAPPED:
                mapped = np.frombuffer(mmap.mmap(handle, size, access=mmap.ACCESS_READ), dtype=np.uint8)
                return (None, _BINARY) if (mapped[:_LOOKED_AT] == 0).any() else (mapped, None)
            data = file.read(_MAPPED)
    except OSError as error:
        return None, f"it cannot be read ({error.strerror or error})"
    return (None, _BINARY) if b"\0" in data[:_LOOKED_AT] else (np.frombuffer(data, dtype=np.uint8), None)


def _left_out(names: Sequence[str]) -> list[str]:
    """The remark on files that are no texts."""
    if not names:
        return []
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    listed = ", ".join(map(printable, names[:_SHOWN]))
    return [f"{len(names):,} {'file is' if len(names) == 1 else 'files are'} no text, and left out: {listed}{more}"]
