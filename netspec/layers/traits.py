"""Facts of layers' results beside shapes and counts, for lints and fixes: bounds, subtracted means, axes.

Rules for them that many layers share are values.
"""

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, ClassVar

from netspec.objects.immutable import immutable
from netspec.shape import Shapes, product

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


def negative(given: Bounds) -> Bounds:
    """Bounds of ``-x``."""
    return -given[1], -given[0]


def product_of(one: Bounds, other: Bounds) -> Bounds:
    """Bounds of ``x y``; 0 times any number is 0."""
    ends = [x * y if x and y else 0.0 for x in one for y in other]
    return min(ends), max(ends)


def within(given: Bounds, bounds: Bounds | None) -> bool:
    """Whether the range between two numbers lies between two others."""
    return bounds is not None and bounds[0] <= given[0] and given[1] <= bounds[1]


class Tells:
    """Bounds, means and axes of a layer's results. A fact that is not given is unknown, and lints are silent.

    Class attributes:
        rearranges: Whether its outputs hold each element of its inputs once, unchanged (flatten, split, ...).
        slices: Whether it cuts by sizes, so that a single part may be the one wanted (split).
        acts_in_training: Whether it acts in training alone, and returns its input afterwards (dropout, ...).
        sums: Whether it adds its inputs up, element by element.
        gives_probabilities: Whether its results are positive and add up to 1 along an axis (softmax, ...).
    """

    rearranges: ClassVar[bool] = False
    slices: ClassVar[bool] = False
    acts_in_training: ClassVar[bool] = False
    sums: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False

    @property
    def in_evaluation(self) -> str | None:
        """What it gives in evaluation, in words, where training differs or numbers are drawn; None of other layers."""
        return "its input, unchanged" if self.acts_in_training else None

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
        """Bounds of its results, where those of each input lie within `given`."""
        if self.rearranges:
            return hull(given)
        return given[0] if len(given) == 1 and within(given[0], self.unchanged(inputs)) else ANYTHING

    def unchanged(self, inputs: Shapes, /) -> Bounds | None:
        """Bounds between which it returns every element unchanged; None where there are none, or they are unknown."""
        return None

    def why_constant(self, inputs: Shapes, /) -> str | None:
        """The reason why its result in training is the same for any input; None where it depends on the input."""
        centring = self.centring(inputs)
        if centring is None or centring.over_batch or product([inputs[0][axis] for axis in centring.axes]) != 1:
            return None
        return "a normalisation over one element"

    def centring(self, inputs: Shapes, /) -> Centring | None:
        """The mean that it subtracts; None where it subtracts none."""
        return None

    @property
    def idempotent(self) -> bool:
        """Whether a second one right after cancels the effect of the first's weights, so that one does as much."""
        return False

    def bias_axis(self, inputs: Shapes, /) -> int | None:
        """The axis along which it adds its tensor ``bias`` last of all; None where it has none or adds it otherwise."""
        return None

    def matrix_axis(self, inputs: Shapes, /) -> int | None:
        """The axis whose vectors one learned matrix maps, each by itself; None for all but linear maps."""
        return None

    @property
    def index_bound(self) -> int | None:
        """The exclusive upper bound of the integers that it reads; None where nothing bounds them."""
        return None

    def length_bound(self, inputs: Shapes, /) -> int | None:
        """The longest sequence, where its second input holds lengths, from 1 up; None where none does."""
        return None


def always(bounds: Bounds) -> Callable[..., Bounds]:
    """These numbers, for any input: as a rule `bounds` or `unchanged`."""

    def rule(layer: Any, *flowing: Any) -> Bounds:
        return bounds

    return rule


def as_input(layer: Any, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
    """The input's bounds: the rule of extremes and means."""
    return given[0]


def signed_as_input(layer: Any, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
    """The sign of the input, where it has one: the rule of sums."""
    return same_sign(given[0])
