"""The part of the network's input that a tensor's elements see, and a layer's effect on it.

Along each spatial axis of the network's input, a tensor's elements see windows that move with one axis of the tensor
(`Seen`), or the whole, or an unknown part (`Extent`).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from netspec.layers.reach import LONGEST_PERIOD, Along, Mixed, Reach, Span
from netspec.objects.immutable import immutable

FARTHEST = 2**63
"""Larger steps and windows are unknown; no tensor is so long."""

MOST_WORK = 500_000
"""The most windows examined in a network; once they are used up, all but plain windows are unknown."""


class Work:
    """The number of windows that may still be examined."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self.left = left

    def spend(self, windows: int) -> bool:
        """Take a number of windows; false where fewer are left."""
        self.left -= windows
        return self.left >= 0


@immutable
class Seen:
    """Windows that move along one axis of the tensor and repeat, `step` input elements further, every ``len(spans)``.

    Attributes:
        axis: The tensor's axis.
        step: Input elements between a window and the one a period later.
        spans: First and last input element that each element of a period sees; None where it sees nothing.
    """

    axis: int
    step: int
    spans: tuple[Span | None, ...]

    def span(self, index: int) -> Span | None:
        """The input elements that the element at `index` of the axis sees, with the padding."""
        periods, phase = divmod(index, len(self.spans))
        span = self.spans[phase]
        return span and (span[0] + periods * self.step, span[1] + periods * self.step)

    @property
    def size(self) -> int:
        """The widest window."""
        return max((last - first + 1 for first, last in filter(None, self.spans)), default=0)

    @property
    def stride(self) -> int | Fraction:
        """The mean step between neighbours."""
        if len(self.spans) == 1:
            return self.step
        found = Fraction(self.step, len(self.spans))
        return found.numerator if found.denominator == 1 else found

    @property
    def start(self) -> int | None:
        """The start of the first element's window; None where it sees nothing."""
        return self.spans[0][0] if self.spans[0] else None


@immutable
class Extent:
    """The whole axis, or an unknown part of it.

    Attributes:
        whole: Whether every element sees the whole.
        along: Axes of the tensor along which all of the input's axis lies, in an unknown order. Empty where even these
            axes are unknown.
    """

    whole: bool = False
    along: frozenset[int] = frozenset()


WHOLE = Extent(whole=True)
UNKNOWN = Extent()

Sight = tuple[Seen | Extent, ...]
"""One field for each spatial axis of the network's input."""

NOTHING: Sight = ()
"""The field of a source without input, and of a network whose input has no spatial axes."""


def seen_through(sight: Seen | Extent, reach: Reach | None, stretched: frozenset[int], work: Work) -> Seen | Extent:
    """The field of a layer's output elements.

    Args:
        sight: The field of its input's elements.
        reach: The reach of its output elements in that input; None is unknown.
        stretched: Axes of size 1 that are repeated to the size of another input.
        work: Pays for the examined windows.
    """
    if reach is None:
        return UNKNOWN
    if isinstance(sight, Extent):
        return _extent_through(sight, reach)
    for axis, walk in enumerate(reach.axes):
        if isinstance(walk, Along) and walk.source == sight.axis:
            return UNKNOWN if sight.axis in stretched else _composed(sight, walk, axis, work)
    along = _following(frozenset((sight.axis,)), reach)
    if along:
        return Extent(along=along)
    return UNKNOWN if sight.axis in reach.partial else WHOLE


def _extent_through(sight: Extent, reach: Reach) -> Extent:
    if sight.whole or not sight.along:
        return sight
    if sight.along & frozenset(reach.partial):
        return UNKNOWN
    along = _following(sight.along, reach)
    return Extent(along=along) if along else WHOLE


def _following(axes: frozenset[int], reach: Reach) -> frozenset[int]:
    """The output axes that follow one of these input axes."""
    return frozenset(
        at
        for at, walk in enumerate(reach.axes)
        if (isinstance(walk, Along) and walk.source in axes)
        or (isinstance(walk, Mixed) and not axes.isdisjoint(walk.sources))
    )


def _composed(sight: Seen, walk: Along, axis: int, work: Work) -> Seen | Extent:
    """The windows of windows; unknown where they are too many or too far apart."""
    step = sight.step
    if len(sight.spans) == len(walk.spans) == 1 and sight.spans[0] and walk.spans[0]:  # the case of nearly all windows
        (begin, end), (first, last) = sight.spans[0], walk.spans[0]
        begin, end = begin + first * step, end + last * step
        step *= walk.step
        near = -FARTHEST <= begin <= end <= FARTHEST and step <= FARTHEST
        return Seen(axis, step, ((begin, end),)) if near else UNKNOWN
    found = _windows(sight, walk, axis, work)
    if isinstance(found, Seen):
        ends = (abs(end) for span in found.spans if span for end in span)
        if found.step > FARTHEST or max(ends, default=0) > FARTHEST:
            return UNKNOWN
    return found


def _windows(sight: Seen, walk: Along, axis: int, work: Work) -> Seen | Extent:
    rounds = len(sight.spans) // gcd(len(sight.spans), walk.step)
    period = rounds * len(walk.spans)
    widest = max((last - first + 1 for first, last in filter(None, walk.spans)), default=0)
    if period > LONGEST_PERIOD or not work.spend(period * (1 + min(widest, 2 * len(sight.spans)))):
        return UNKNOWN
    spans = []
    for index in range(period):
        at, phase = divmod(index, len(walk.spans))
        span = walk.spans[phase]
        spans.append(span and _hull(sight, span[0] + at * walk.step, span[1] + at * walk.step))
    return shortest(Seen(axis, sight.step * walk.step * rounds // len(sight.spans), tuple(spans)))


def _hull(sight: Seen, first: int, last: int) -> Span | None:
    """The hull of the windows from `first` to `last`; one period at either end is enough."""
    period = len(sight.spans)
    ends = {*range(first, min(first + period, last + 1)), *range(max(last - period + 1, first), last + 1)}
    spans = [span for span in map(sight.span, ends) if span]
    return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None


def shortest(sight: Seen) -> Seen:
    """The same windows with the shortest period."""
    period = len(sight.spans)
    for shorter in range(1, period):
        if period % shorter == 0 and sight.step * shorter % period == 0:
            less = Seen(sight.axis, sight.step * shorter // period, sight.spans[:shorter])
            if all(less.span(index) == span for index, span in enumerate(sight.spans)):
                return less
    return sight
