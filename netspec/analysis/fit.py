"""The largest batch that a limit of memory allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from netspec.analysis.footprint import Footprint


@dataclass(frozen=True)
class Fit:
    """The largest batches that a limit in bytes allows: 0 where not even one example fits, None where unknown."""

    footprint: Footprint
    limit: int

    @cached_property
    def training(self) -> int | None:
        """In a training step."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).training_peak)

    @cached_property
    def inference(self) -> int | None:
        """In a forward pass in evaluation mode."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).inference_peak)


MOST = 2**40
"""No batch is larger: a network whose memory does not grow with it fits any."""


def largest_batch(limit: int, needed: Callable[[int], int | None]) -> int | None:
    """The largest batch for which `needed` gives at most `limit` bytes: 0 where not even 1 does, None where unknown."""
    first = needed(1)
    if first is None:
        return None
    if first > limit:
        return 0
    fits, fails = 1, 2
    while fails < MOST and _fits(needed, fails, limit):
        fits, fails = fails, 2 * fails
    while fails - fits > 1:
        middle = (fits + fails) // 2
        fits, fails = (middle, fails) if _fits(needed, middle, limit) else (fits, middle)
    return fits


def _fits(needed: Callable[[int], int | None], batch: int, limit: int) -> bool:
    found = needed(batch)
    return found is not None and found <= limit
