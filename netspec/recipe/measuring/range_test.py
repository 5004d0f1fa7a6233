"""The learning rate range test: losses while the rate rises, and the rate that they suggest. Imports no torch.

Smith 2017, "Cyclical learning rates for training neural networks" (arXiv:1506.01186), section 3.3: train while the
rate rises, and see where the loss begins to fall and where it ceases to. The rate rises by the same factor with each
step, and losses are smoothed, as in fastai's `lr_find` (Howard and Gugger 2020, arXiv:2002.04688).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from netspec.objects.immutable import immutable

LEAST, MOST = 1e-7, 10.0
"""The first rate and the last, fastai's: where nothing is learned yet, and where hardly anything can be any more."""

STEPS = 100
"""Steps, unless told otherwise."""

_KEPT = 0.9
"""The share of the smoothed loss that a step keeps."""

_LOST = 4.0
"""The multiple of the lowest smoothed loss at which a run is lost."""


def rates_of(steps: int) -> list[float]:
    """The rate of each step, from `LEAST` to `MOST`."""
    factor = (MOST / LEAST) ** (1 / max(1, steps - 1))
    return [LEAST * factor**step for step in range(steps)]


def smoothed(losses: Sequence[float]) -> list[float]:
    """Losses smoothed: means of those so far, the late ones weighing more, without a pull of the start to nothing."""
    found, mean = [], 0.0
    for step, loss in enumerate(losses, 1):
        mean = _KEPT * mean + (1 - _KEPT) * loss
        found.append(mean / (1 - _KEPT**step))
    return found


def until_lost(losses: Iterable[float]) -> Iterator[float]:
    """The losses up to the step that tells nothing more: one whose loss is no number, or lies far above the lowest."""
    mean, lowest = 0.0, math.inf
    for step, loss in enumerate(losses, 1):
        if not math.isfinite(loss):
            return
        yield loss
        mean = _KEPT * mean + (1 - _KEPT) * loss
        value = mean / (1 - _KEPT**step)
        lowest = min(lowest, value)
        if value > _LOST * lowest:
            return


@immutable
class RangeTest:
    """The result of a test.

    Attributes:
        name: The network's name.
        rates: The rate of each step that was done.
        losses: The loss of each, as finite numbers.
    """

    name: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def lowest(self) -> int:
        """The step of the lowest smoothed loss: beyond its rate the network no longer learns."""
        values = smoothed(self.losses)
        return values.index(min(values))

    @property
    def suggested(self) -> float | None:
        """A rate to train at; None where the smoothed loss does not fall.

        It is the one at which that falls fastest over the rate's logarithm, and at most a tenth of the one at which it
        is lowest: fastai's suggestions `steep` and `minimum`, of which the lower is the safe one.
        """
        falls = [after - before for before, after in pairwise(smoothed(self.losses)[: self.lowest + 1])]
        if not falls or min(falls) >= 0:
            return None
        return min(self.rates[falls.index(min(falls)) + 1], self.rates[self.lowest] / 10)
