"""Reach: the input elements that one output element of a layer sees, axis by axis.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019, describe windows
that move by whole elements. Transposed convolutions and interpolation need a little more: windows that repeat with a
period, so that neighbours may share one.
"""

from typing import Literal

from netspec.objects.immutable import immutable

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


def everything(rank: int) -> Reach:
    """Each of the output's elements, which has `rank` axes, sees the whole input."""
    return Reach((None,) * rank)
