"""Runs of equal groups, such as the rows of a block that follows five times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, takewhile

MOST_TOGETHER = 16
"""The largest group that is found."""


def repeats(rows: Sequence[object]) -> Iterator[tuple[int, int, int]]:
    """First row, size and times of each run of equal groups, from the start; the smallest group that repeats."""
    at = 0
    while at < len(rows):
        found = ((size, _times(rows, at, size)) for size in range(1, min(MOST_TOGETHER, (len(rows) - at) // 2) + 1))
        size, times = next((each for each in found if each[1] > 1), (1, 1))
        yield at, size, times
        at += size * times


def _times(rows: Sequence[object], at: int, size: int) -> int:
    """The number of times that a group of rows follows itself."""
    group = rows[at : at + size]
    return sum(1 for _ in takewhile(lambda start: rows[start : start + size] == group, count(at, size)))
