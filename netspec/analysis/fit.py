"""The largest batch within a limit of memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from netspec.analysis.footprint import Footprint
from netspec.objects.immutable import immutable


@immutable
class Fit:
    """The largest batches within a limit in bytes: 0 where not even one example fits, None where unknown."""

    footprint: Footprint
    limit: int

    @cached_property
    def training(self) -> int | None:
        """The largest batch of a training step."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).training_peak)

    @cached_property
    def inference(self) -> int | None:
        """The largest batch of a forward pass in evaluation mode."""
        return largest_batch(self.limit, lambda batch: replace(self.footprint, batch=batch).inference_peak)


MOST = 2**40
"""A bound above any real batch: a network whose memory does not grow with the batch fits any below."""

GUESSES = 12
"""The number of guesses after which the interval is halved."""


def largest_batch(limit: int, needed: Callable[[int], int | None]) -> int | None:
    """The largest batch for which `needed` gives at most `limit` bytes: 0 where not even 1 does, None where unknown.

    Bytes grow nearly in proportion to the batch, so that a line through two batches soon leads to the largest.
    """
    first = needed(1)
    if first is None:
        return None
    if first > limit:
        return 0
    fits, fails, other = (1, first), MOST, (1, first)
    guesses = 0
    while fails - fits[0] > 1:
        guess = _crossing(fits, other, limit) if guesses < GUESSES else (fits[0] + fails) // 2
        guesses += 1
        batch = min(max(guess, fits[0] + 1), fails - 1)
        size = needed(batch)
        if size is not None and size <= limit:
            fits, other = (batch, size), fits
        else:
            fails, other = batch, (batch, limit if size is None else size)
    return fits[0]


def _crossing(one: tuple[int, int], other: tuple[int, int], limit: int) -> int:
    """The batch at which the line through two batches' bytes meets a limit; twice the first where it does not rise."""
    steps, rise = other[0] - one[0], other[1] - one[1]
    return one[0] + (limit - one[1]) * steps // rise if steps * rise > 0 else 2 * one[0]
