"""Image files. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from netspec.train.images.content import content_of
from netspec.train.images.formats import ENDINGS

_TAIL = 256
_READERS = 16


@dataclass(frozen=True, slots=True)
class Paths:
    """Files below a folder."""

    root: str
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def name(self, row: int) -> str:
        """The file."""
        return os.path.join(self.root, self.names[row])  # noqa: PTH118 - a million of them

    def data(self, row: int) -> bytes:
        """Its content."""
        return content_of(self.name(row))

    def take(self, rows: Sequence[int]) -> Paths:
        """Some of the files."""
        return Paths(self.root, tuple(self.names[row] for row in rows))

    def broken(self) -> list[tuple[str, str]]:
        """Files that cannot be read, are empty or end too early, with the reason: looked at by their ends alone."""
        with ThreadPoolExecutor(_READERS) as pool:
            found = pool.map(cut_short, map(self.name, range(len(self))), chunksize=256)
            return [(self.name(row), reason) for row, reason in enumerate(found) if reason]


def cut_short(path: str) -> str | None:
    """Why a file is no whole image, as far as its first and last bytes tell; None where they look right."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(8)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"
    return ends_early(head, tail)


def ends_early(head: bytes, tail: bytes) -> str | None:
    """The same of the first 8 and the last bytes of an image."""
    if not head:
        return "it is empty"
    if head.startswith(b"\xff\xd8") and b"\xff\xd9" not in tail:
        return "the JPEG is cut short: it has no end"
    if head == b"\x89PNG\r\n\x1a\n" and b"IEND" not in tail:
        return "the PNG is cut short: it has no end"
    return None


def images_below(folder: Path) -> tuple[str, ...]:
    """The image files of a folder and of those below, by their names relative to it, in order."""
    return tuple(sorted(_walk(str(folder), "")))


def _walk(root: str, below: str) -> Iterator[str]:
    with os.scandir(os.path.join(root, below)) as entries:  # noqa: PTH118
        for entry in entries:
            name = f"{below}{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _walk(root, f"{name}/")
            elif entry.name.lower().endswith(ENDINGS):
                yield name
