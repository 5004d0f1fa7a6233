"""Facts of layers' results beside shapes and counts, for lints and fixes: bounds, and subtracted means."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from netspec.objects.immutable import immutable

Bounds = tuple[float, float]
"""Two numbers between which all elements of a tensor lie, both included."""

ANYTHING: Bounds = (-inf, inf)
NEVER_NEGATIVE: Bounds = (0.0, inf)
NEVER_POSITIVE: Bounds = (-inf, 0.0)


@immutable
class Centring:
    """The mean that a layer subtracts first of all, so that its result does not depend on the mean.

    Attributes:
        axes: Axes whose elements share a mean, counted without the batch. Groups of channels share it along axis 0.
        over_batch: Whether the examples of a batch share it too.
    """

    axes: tuple[int, ...]
    over_batch: bool = False


def hull(each: Iterable[Bounds]) -> Bounds:
    """Bounds of an element that may come from any of several tensors."""
    lows, highs = zip(*each, strict=True)
    return min(lows), max(highs)


def same_sign(given: Bounds) -> Bounds:
    """Bounds of sums: they have one sign where all terms have it."""
    low, high = given
    return 0.0 if low >= 0 else -inf, 0.0 if high <= 0 else inf


def clipped(given: Bounds, to: Bounds) -> Bounds:
    """Bounds of numbers within `given` after clipping."""
    low, high = (min(max(number, to[0]), to[1]) for number in given)
    return low, high


def sum_of(one: Bounds, other: Bounds) -> Bounds:
    """Bounds of ``x + y``."""
    return one[0] + other[0], one[1] + other[1]


def product_of(one: Bounds, other: Bounds) -> Bounds:
    """Bounds of ``x y``; 0 times any number is 0."""
    ends = [x * y if x and y else 0.0 for x in one for y in other]
    return min(ends), max(ends)


def within(given: Bounds, bounds: Bounds | None) -> bool:
    """Whether the range between two numbers lies between two others."""
    return bounds is not None and bounds[0] <= given[0] and given[1] <= bounds[1]
