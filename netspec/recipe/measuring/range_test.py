"""The learning rate range test: losses while the rate rises, and the rate that they suggest. Imports no torch.

Smith 2017, "Cyclical learning rates for training neural networks" (arXiv:1506.01186), section 3.3: train while the
rate rises, and see where the loss begins to fall and where it ceases to. The rate rises by the same factor with each
step, as in fastai's `lr_find` (Howard and Gugger 2020, arXiv:2002.04688).

A loss is that of one batch, and batches differ: the difference of two steps, and so that of any mean that follows them
closely, tells of the batches. Slopes are therefore those of straight lines through a decade of rates or more (least
squares), and one counts as a fall where it is well beyond what such noise alone gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from netspec.objects.immutable import immutable

LEAST, MOST = 1e-7, 10.0
"""The first rate and the last, fastai's: where nothing is learned yet, and where hardly anything can be any more."""

STEPS = 100
"""Steps, unless told otherwise."""

FEWEST, LARGEST = 2, 100_000
"""The steps that a test may have: two rates differ, and more than some thousands of a decade tell nothing further."""

_DECADES = (1.0, 2.0, 3.0)
"""The lengths of the lines, in decades of the rate, the sharpest first: noise may hide a fall from the short ones."""

_FEWEST = 5
"""The steps that a line has at least."""

_BEYOND = 4.0
"""A fall's slope, in standard errors: of curves that are noise alone, one in a hundred has one."""

_EXACT = 1e-9
"""The share of the largest loss below which a difference is one of rounding."""

_KEPT = 0.9
"""The share of the running mean that a step keeps."""

_LOST = 4.0
"""The multiple of the lowest running mean at which a run is lost."""


def rates_of(steps: int) -> Iterator[float]:
    """The rate of each step, from `LEAST` to `MOST`, one by one."""
    factor = (MOST / LEAST) ** (1 / max(1, steps - 1))
    return (LEAST * factor**step for step in range(steps))


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
class Lines:
    """Straight lines through each run of `width` losses that follow one another.

    Attributes:
        means: The mean of each run, which is its line at its middle.
        slopes: The slope of each line, a step.
        width: Steps of a run.
    """

    means: tuple[float, ...]
    slopes: tuple[float, ...]
    width: int

    @classmethod
    def through(cls, losses: Sequence[float], width: int) -> Lines:
        """Lines by least squares; of running sums, so that their cost does not grow with `width`."""
        width = min(width, len(losses))
        sums = list(accumulate(losses, initial=0.0))
        moments = list(accumulate((step * loss for step, loss in enumerate(losses)), initial=0.0))
        means, slopes = [], []
        for first in range(len(losses) - width + 1):
            total = sums[first + width] - sums[first]
            middle = first + (width - 1) / 2
            means.append(total / width)
            slopes.append((moments[first + width] - moments[first] - middle * total) / cls.spread(width))
        return cls(tuple(means), tuple(slopes), width)

    @staticmethod
    def spread(width: int) -> float:
        """The sum of squares of a run's steps about their middle."""
        return max(1, width * (width * width - 1)) / 12

    def at(self, step: int) -> float:
        """The line about a step, there: that of which it is the middle, or the first or last one."""
        run = max(0, min(step - self.width // 2, len(self.means) - 1))
        return self.means[run] + self.slopes[run] * (step - run - (self.width - 1) / 2)


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
    def smoothed(self) -> list[float]:
        """The loss at each step by the line through the decade of rates around it."""
        lines = self._lines(_DECADES[0])
        return [lines.at(step) for step in range(len(self.losses))]

    @property
    def lowest(self) -> int:
        """The step of the lowest smoothed loss, of equal ones the last: beyond its rate the network learns no more."""
        values = self.smoothed
        bar = min(values) + self._rounding
        return max(step for step, value in enumerate(values) if value <= bar)

    @property
    def suggested(self) -> float | None:
        """A rate to train at; None where the loss does not fall beyond its noise.

        It is the one at which the loss falls fastest over the rate's logarithm, and at most a tenth of the one at which
        it is lowest: fastai's suggestions `steep` and `minimum`, of which the lower is the safe one.
        """
        lowest, noise = self.lowest, self._noise
        for decades in _DECADES:
            lines = self._lines(decades)
            slopes = lines.slopes[: max(0, lowest + 1 - lines.width // 2)]
            if not slopes or lines.width < _FEWEST:  # two losses always have a line, and no noise
                continue
            steepest = min(slopes)
            if steepest * math.sqrt(lines.spread(lines.width)) < -_BEYOND * noise:
                return min(self.rates[slopes.index(steepest) + lines.width // 2], self.rates[lowest] / 10)
        return None

    @property
    def _noise(self) -> float:
        """The standard deviation of losses about their lines, up to the lowest."""
        values, lines = self.smoothed, self._lines(_DECADES[0])
        upto = max(self.lowest + 1, lines.width)
        squares = sum((loss - value) ** 2 for loss, value in zip(self.losses[:upto], values[:upto], strict=True))
        free = min(len(self.losses), upto) * (1 - 2 / max(3, lines.width))  # a line takes two of its run's degrees
        return max(math.sqrt(squares / free), self._rounding)

    @property
    def _rounding(self) -> float:
        return _EXACT * max(map(abs, self.losses))

    def _lines(self, decades: float) -> Lines:
        step = math.log10(self.rates[1] / self.rates[0]) if len(self.rates) > 1 else decades
        return Lines.through(self.losses, max(_FEWEST, round(decades / step) | 1))
