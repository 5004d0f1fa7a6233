"""Reach: the input elements that one output element of a layer sees, axis by axis, and rules for it.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019, describe windows
that move by whole elements. Transposed convolutions and interpolation need a little more: windows that repeat with a
period, so that neighbours may share one.

``receptive_field = pointwise`` in a class is a rule just as a method of that name is.
"""

from typing import Any, ClassVar, Literal

from netspec.objects.immutable import immutable
from netspec.shape import Shapes, product

Span = tuple[int, int]
"""First and last visible input element; both may lie beyond the input's ends, in the padding."""


LONGEST_PERIOD = 4096
"""The longest period of windows; windows that differ among more elements are unknown."""


@immutable
class Along:
    """An output axis that follows an input axis.

    With P spans, output element ``q P + r`` sees from ``q step + spans[r][0]`` to ``q step + spans[r][1]``; where its
    span is None, it sees nothing.
    """

    source: int
    step: int = 1
    spans: tuple[Span | None, ...] = ((0, 0),)


@immutable
class Mixed:
    """An output axis that holds all elements of some input axes in an unknown order."""

    sources: tuple[int, ...]


@immutable
class Reach:
    """The reach of output elements, for layers that are no plain `Window`.

    Attributes:
        axes: The input that each output axis reads; None where it follows no axis of it. Every element sees the whole
            of an input axis that no output axis follows.
        partial: Input axes along which an element sees an unknown part, such as one index.
    """

    axes: tuple[Along | Mixed | None, ...]
    partial: tuple[int, ...] = ()


@immutable
class Window:
    """A window over the spatial axes, per axis: kernel extent, stride, padding before.

    Attributes:
        channels: The channels that an output element sees: all, its own alone, or some.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    channels: Literal["all", "own", "some"] = "all"

    @property
    def is_pointwise(self) -> bool:
        """Whether an output element sees the one input element in its own place."""
        alone = all(size == 1 for size in (*self.kernel, *self.stride))
        return self.channels == "own" and alone and all(before == 0 for before in self.padding)

    def reach(self) -> Reach:
        """The window as a `Reach`, axis by axis."""
        moving = tuple(
            Along(axis, s, ((-p, k - 1 - p),))
            for axis, (k, s, p) in enumerate(zip(self.kernel, self.stride, self.padding, strict=True), 1)
        )
        channels = Along(0) if self.channels == "own" else None
        return Reach((channels, *moving), (0,) if self.channels == "some" else ())


def kept(rank: int, seen_whole: tuple[int, ...] = ()) -> Reach:
    """Every axis is kept, element by element, except axes along which elements see all others."""
    return Reach(tuple(None if axis in seen_whole else Along(axis) for axis in range(rank)))


class Sees:
    """Receptive fields and connections: unknown by default.

    Class attributes:
        keeps_past: Whether its module has the attribute `past`: None, or what it keeps of the places before, so that it
            goes on from there.
    """

    keeps_past: ClassVar[bool] = False

    def receptive_field(self, inputs: Shapes, /) -> Window | Reach | None:
        """The part of each input that an output element sees; None where it is unknown."""
        return None

    def followed(self, inputs: Shapes, axis: int, /) -> int | None:
        """The output axis each of whose places follows from one place of an input axis, at least; None for none.

        A layer that `keeps_past` may see earlier places, too, for then it has kept them. Statistics count as seen.
        """
        found = self.receptive_field(inputs)
        reach = found.reach() if isinstance(found, Window) else found
        if reach is None or axis in reach.partial:
            return None
        places = [at for at, each in enumerate(reach.axes) if each == Along(axis)]
        return places[0] if len(places) == 1 else None

    def fan_in(self, inputs: Shapes, /) -> int | None:
        """Connections into one unit, with its bias; None where units differ, or the layer computes none."""
        return None

    def count_connections(self, inputs: Shapes, outputs: Shapes, /) -> int | None:
        """Connections into all units, with biases; None where unknown. By default they follow from `fan_in`."""
        fan_in = self.fan_in(inputs)
        return None if fan_in is None else sum(product(shape) for shape in outputs) * fan_in


def pointwise(layer: Any, inputs: Shapes, /) -> Window | Reach:
    """The one element in the same place.

    Norms have this rule, too: their statistics are left out, as in the literature.
    """
    if not inputs[0]:
        return Reach(())
    axes = len(inputs[0]) - 1
    return Window((1,) * axes, (1,) * axes, (0,) * axes, "own")


def everything(layer: Any, inputs: Shapes, /) -> Reach:
    """All of the input."""
    return Reach((None,) * len(layer.infer(inputs)[0]))


def unfollowed(layer: Any, inputs: Shapes, axis: int, /) -> None:
    """No axis: the rule `followed` of norms whose statistics run over all places."""


def whole_channel(layer: Any, inputs: Shapes, /) -> Reach:
    """All places of a channel."""
    return Reach((Along(0), *(None for _ in inputs[0][1:])))


def whole_vector(layer: Any, inputs: Shapes, /) -> Reach:
    """All of the last axis: every feature reaches every output."""
    return Reach((*(Along(axis) for axis in range(len(inputs[0]) - 1)), None))
