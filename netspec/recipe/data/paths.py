"""Image files. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from netspec.images.content import content_of
from netspec.images.ends import cut_short
from netspec.objects.immutable import immutable

_READERS = 16


@immutable
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

    def broken(self) -> dict[int, str]:
        """The rows of files that cannot be read, are empty or end too early, by their ends alone; with the reason."""
        with ThreadPoolExecutor(_READERS) as pool:
            found = pool.map(cut_short, map(self.name, range(len(self))), chunksize=256)
            return {row: reason for row, reason in enumerate(found) if reason}
