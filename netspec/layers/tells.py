"""What a layer tells of its results, for lints and fixes, and the rules for it that many have, to give as values."""

from collections.abc import Callable
from typing import Any, ClassVar

from netspec.layers.traits import ANYTHING, Bounds, Centring, hull, same_sign, within
from netspec.shape import Shapes, product


class Tells:
    """Bounds, means and axes of its results. What is not told is not known, and lints are silent.

    Class attributes:
        rearranges: Whether its outputs hold each element of its inputs once, as it is (flatten, split, ...).
        slices: Whether it cuts by sizes, so that one part alone may be what is meant (split).
        acts_in_training: Whether it does so alone, and gives what it gets afterwards (dropout, ...).
        gives_probabilities: Whether its results are positive and add up to 1 along an axis (softmax, ...).
    """

    rearranges: ClassVar[bool] = False
    slices: ClassVar[bool] = False
    acts_in_training: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
        """Numbers between which its results lie, where those of each input lie between `given`."""
        if self.rearranges:
            return hull(given)
        return given[0] if len(given) == 1 and within(given[0], self.unchanged(inputs)) else ANYTHING

    def unchanged(self, inputs: Shapes, /) -> Bounds | None:
        """Numbers between which it gives every element as it is; None where there are none, or none are told."""
        return None

    def why_constant(self, inputs: Shapes, /) -> str | None:
        """Why its result is the same in training whatever flows in; None where it depends on the input."""
        centring = self.centring(inputs)
        if centring is None or centring.over_batch or product([inputs[0][axis] for axis in centring.axes]) != 1:
            return None
        return "a normalisation over one element"

    def centring(self, inputs: Shapes, /) -> Centring | None:
        """The mean that it takes away; None where it takes none away."""
        return None

    @property
    def idempotent(self) -> bool:
        """Whether a second one right after takes back all that the first's weights did, so that one does as much."""
        return False

    def bias_axis(self, inputs: Shapes, /) -> int | None:
        """The axis along which it adds its tensor ``bias`` last of all; None where it has none or adds it otherwise."""
        return None

    def matrix_axis(self, inputs: Shapes, /) -> int | None:
        """The axis whose vectors one learned matrix maps, each for itself; None for all but linear maps."""
        return None

    @property
    def index_bound(self) -> int | None:
        """What the integers that it reads must stay below; None where nothing bounds them."""
        return None


def always(bounds: Bounds) -> Callable[..., Bounds]:
    """These numbers, whatever flows in: as a rule `bounds` or `unchanged`."""

    def rule(layer: Any, *flowing: Any) -> Bounds:
        return bounds

    return rule


def as_input(layer: Any, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
    """The input's bounds: of its extremes and means."""
    return given[0]


def signed_as_input(layer: Any, inputs: Shapes, given: tuple[Bounds, ...], /) -> Bounds:
    """The sign of the input, where it has one: of its sums."""
    return same_sign(given[0])
