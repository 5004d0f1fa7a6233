"""What the elements of a tensor see of the network's input, and how a layer changes that.

Along each spatial axis of the network's input, a tensor's elements see windows that move with one axis of the tensor
(`Seen`), or the whole, or a part that is not known (`Extent`).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from netspec.layers.reach import LONGEST_PERIOD, Along, Mixed, Reach, Span
from netspec.objects.immutable import immutable

FARTHEST = 2**63
"""Steps and windows beyond it are given up as unknown; no tensor is so long."""

MOST_WORK = 500_000
"""Windows that are looked at in all of a network; when they are used up, what is not a plain window is unknown."""


class Work:
    """Windows that may still be looked at."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self.left = left

    def spend(self, windows: int) -> bool:
        """Take so many; false where there are not as many left."""
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
        """What the element at `index` of the axis sees, the padding included."""
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
        """Where the first element's window begins; None where that sees nothing."""
        return self.spans[0][0] if self.spans[0] else None


@immutable
class Extent:
    """The whole axis, or a part that is not known.

    Attributes:
        whole: Whether every element sees the whole.
        along: Axes of the tensor along which all of the input's axis lies, in an order that is not known. Empty where
            even that is unknown.
    """

    whole: bool = False
    along: frozenset[int] = frozenset()


WHOLE = Extent(whole=True)
UNKNOWN = Extent()

Sight = tuple[Seen | Extent, ...]
"""One for each spatial axis of the network's input."""

NOTHING: Sight = ()
"""What a source without input sees, and a network whose input has no spatial axes."""


def seen_through(sight: Seen | Extent, reach: Reach | None, stretched: frozenset[int], work: Work) -> Seen | Extent:
    """What a layer's output elements see.

    Args:
        sight: What its input's elements see.
        reach: What its output elements see of that input; None is unknown.
        stretched: Axes of size 1 that are repeated to the size of another input.
        work: Pays for what is looked at.
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
    if len(sight.spans) == len(walk.spans) == 1 and sight.spans[0] and walk.spans[0]:  # as nearly all windows are
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
    """What the elements from `first` to `last` see together; a period at either end tells."""
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
