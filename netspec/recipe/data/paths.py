"""Image files. Imports no torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from netspec.images.content import content_of
from netspec.images.ends import cut_short
from netspec.objects.immutable import immutable

_READERS = 16

_AT_ONCE = 256
"""Files that a reader is given at once: a task for each would take longer than the look at it."""

MOST_BROKEN = 10_000
"""Broken files after which no others are looked at."""


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

    def broken(self) -> tuple[dict[int, str], int]:
        """The rows of files that cannot be read, are empty or end too early, by their ends alone; with the reason.

        Also the number of files that were looked at: all, or fewer where `MOST_BROKEN` of those are broken.
        """

        def look(rows: range) -> list[tuple[int, str]]:
            return [(row, reason) for row in rows if (reason := cut_short(self.name(row)))]

        found: dict[int, str] = {}
        starts = range(0, len(self), _AT_ONCE)
        with ThreadPoolExecutor(_READERS) as pool:
            tasks = [pool.submit(look, range(at, min(at + _AT_ONCE, len(self)))) for at in starts]
            for at, task in zip(starts, tasks, strict=True):
                found |= task.result()
                if len(found) >= MOST_BROKEN:
                    pool.shutdown(cancel_futures=True)
                    return found, min(at + _AT_ONCE, len(self))
        return found, len(self)
