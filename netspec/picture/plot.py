"""Networks as circles over two axes, after Canziani, Paszke and Culurciello, "An analysis of deep neural network models
for practical applications" (2016), figure 2: operations along, accuracy upwards, parameters as the circles' areas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil, cos, floor, log10, pi, sin, sqrt

from netspec.diagnostics import Code, NetspecError
from netspec.objects.immutable import immutable
from netspec.picture.canvas import Canvas, Circle, Group, Line, Point, Words, rectangle
from netspec.picture.font import text_width
from netspec.picture.themes import Theme
from netspec.report.numbers import round_count

WIDE, HIGH = 560.0, 380.0
"""The plot's least size, in pixels."""
LARGEST = 30.0
"""The radius of the largest circle."""
LEFT, TOP, BELOW, BESIDE = 64.0, 14.0, 44.0, 104.0
"""The space around the plot: for its axes, and on the right for the circles' key."""
LABEL, TICK = 10.0, 9.0
"""Sizes of fonts."""
DISTANCES = (0.0, 5.0, 12.0, 20.0, 30.0, 42.0, 56.0, 72.0, 90.0, 115.0, 145.0, 180.0)
"""Distances of labels from their circles, the nearest tried first."""
SIZES = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0)
"""The plot's sizes that are tried until all labels have a place."""
MOST = 100
"""The largest number of networks."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@immutable
class Mark:
    """A network: its figures, and those of its published results by data set and name."""

    name: str
    params: int | None
    macs: int | None
    results: Mapping[tuple[str, str], float]


@immutable
class _Axis:
    """A scale: linear, or logarithmic where the largest figure is many times the least."""

    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        if self.logarithmic:
            return (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round numbers from the low end to the high one."""
        if self.logarithmic:
            few = log10(self.high / self.low) > 2
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            return [
                v for p in powers for d in ((1,) if few else (1, 2, 5)) if self.low <= (v := d * 10.0**p) <= self.high
            ]
        step = _round((self.high - self.low) / 6)
        return [step * n for n in range(ceil(self.low / step), floor(self.high / step + 1e-9) + 1)]


def _round(value: float) -> float:
    """The least of 1, 2, 5, 10, ... that is not below a value."""
    power = 10.0 ** floor(log10(value))
    return next(power * each for each in (1, 2, 5, 10) if power * each >= value * 0.999)


def _axis(values: Sequence[float]) -> _Axis:
    low, high = min(values), max(values)
    if low > 0 and high / low >= 10:
        return _Axis(low / 1.15, high * 1.15, True)
    spare = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return _Axis(low - spare, high + spare, False)


def measured(marks: Sequence[Mark]) -> tuple[str, str] | None:
    """The data set and the figure that most networks have a result of, two at least; the first of equals."""
    counts = Counter(key for mark in marks for key in mark.results)
    best = max(counts.values(), default=0)
    return next((key for key, count in counts.items() if count == best), None) if best > 1 else None


def plot(marks: Sequence[Mark], theme: Theme) -> Canvas:
    """The plot of some networks. What has no place in it, since a figure is unknown, is told below.

    Raises:
        NetspecError: NS0911: no network has the figures, or there are more than can be told apart.
    """
    key = measured(marks)
    upwards: Callable[[Mark], float | None] = (
        (lambda mark: mark.results.get(key)) if key else (lambda mark: mark.params)
    )
    shown = [mark for mark in marks if mark.macs is not None and mark.params is not None and upwards(mark) is not None]
    if not shown or len(marks) > MOST:
        message = (
            f"{len(marks):,} networks are too many for a plot" if shown else "no network has the figures of a plot"
        )
        raise NetspecError.of(
            Code.UNKNOWN_FORMAT, message, expected=f"1 to {MOST} with known parameters and operations"
        )
    title = f"{key[1]} on {key[0]}, %" if key else "parameters"
    left_out = [mark.name for mark in marks if mark not in shown]
    for size in SIZES:
        made = _Plot(shown, [float(upwards(mark) or 0) for mark in shown], theme, size)
        if made.labels is not None:
            return made.canvas(title, left_out, percent=key is not None)
    raise NetspecError.of(Code.UNKNOWN_FORMAT, "the networks lie too close to each other for labels", expected="fewer")


class _Plot:
    """A plot of one size; `labels` is None where there is no place for all."""

    def __init__(self, marks: Sequence[Mark], heights: Sequence[float], theme: Theme, size: float) -> None:
        self.marks, self.theme = marks, theme
        self.wide, self.high = WIDE * size, HIGH * size
        self.most = max(mark.params or 0 for mark in marks) or 1
        self.along, self.upwards = _axis([float(mark.macs or 0) for mark in marks]), _axis(heights)
        self.radii = [self.radius(mark.params or 0) for mark in marks]
        self.places = [
            (self.x(float(mark.macs or 0)), self.y(height)) for mark, height in zip(marks, heights, strict=True)
        ]
        self.labels = self._labelled()

    def radius(self, params: float) -> float:
        """The radius of a circle whose area stands for a number of parameters."""
        return LARGEST * sqrt(params / self.most)

    def x(self, value: float) -> float:
        """The place of a figure along."""
        return LEFT + LARGEST + 4 + self.along.share(value) * (self.wide - 2 * LARGEST - 8)

    def y(self, value: float) -> float:
        """The place of a figure upwards."""
        return TOP + LARGEST + 4 + (1 - self.upwards.share(value)) * (self.high - 2 * LARGEST - 8)

    def _labelled(self) -> list[Box] | None:
        """Boxes for the labels, apart from each other and from the middles of circles; None if there are none."""
        found: dict[int, Box] = {}
        crowd = [sum(abs(x - a) < 90 and abs(y - b) < 40 for a, b in self.places) for x, y in self.places]
        for index in sorted(range(len(self.marks)), key=lambda at: -crowd[at]):
            free = [box for box in self._around(index) if self._is_free(box, found)]
            if not free:
                return None
            clear = [box for box in free if not self._is_crossed(index, box, found)]
            found[index] = next((box for box in clear if not self._covers(box, index)), (clear or free)[0])
        return [found[index] for index in range(len(self.marks))]

    def _around(self, index: int) -> Iterator[Box]:
        """Places of a label beside its circle, the nearest first: right, left, above, below, then between."""
        (x, y), wide = self.places[index], text_width(self.marks[index].name, LABEL)
        for distance in DISTANCES:
            for turn in (0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11):
                dx, dy = cos(turn * pi / 8), -sin(turn * pi / 8)
                reach = self.radii[index] + 4 + distance
                middle, level = x + dx * (reach + wide / 2 * abs(dx)), y + dy * (reach + LABEL / 2)
                box = (middle - wide / 2, level - LABEL * 0.6, middle + wide / 2, level + LABEL * 0.6)
                if self._is_inside(box):
                    yield box

    def _is_inside(self, box: Box) -> bool:
        left, top, right, bottom = box
        across = left >= LEFT + 2 and right <= LEFT + self.wide - 2
        return across and top >= TOP + 2 and bottom <= TOP + self.high - 2

    def _is_free(self, box: Box, found: Mapping[int, Box]) -> bool:
        left, top, right, bottom = box
        if any(a < right + 3 and left - 3 < c and b < bottom + 1 and top - 1 < d for a, b, c, d in found.values()):
            return False
        return not any(left - 2 < x < right + 2 and top - 2 < y < bottom + 2 for x, y in self.places)

    def _is_crossed(self, index: int, box: Box, found: Mapping[int, Box]) -> bool:
        """Whether the line to a label runs through another, or that to another through it."""
        line = self._line(index, box)
        through_others = any(_meets(line, other) for other in found.values())
        return through_others or any(_meets(self._line(at, other), box) for at, other in found.items())

    def _line(self, index: int, box: Box) -> tuple[Point, Point] | None:
        """The line from a circle to its label; None where they stand beside each other."""
        (x, y), radius, (left, top, right, bottom) = self.places[index], self.radii[index], box
        ax, ay = min(max(x, left), right), min(max(y, top), bottom)
        far = sqrt((ax - x) ** 2 + (ay - y) ** 2)
        if far <= radius + 8:
            return None
        return (x + (ax - x) * radius / far, y + (ay - y) * radius / far), (ax, ay)

    def _covers(self, box: Box, own: int) -> bool:
        """Whether a label lies over a circle other than its own."""
        left, top, right, bottom = box
        return any(
            (max(left - x, 0, x - right) ** 2 + max(top - y, 0, y - bottom) ** 2) < radius**2
            for index, ((x, y), radius) in enumerate(zip(self.places, self.radii, strict=True))
            if index != own
        )

    # -- drawing -----------------------------------------------------------------------------------

    def canvas(self, title: str, left_out: Sequence[str], *, percent: bool) -> Canvas:
        """The picture."""
        groups = [self._axes(title, percent=percent)]
        groups += [self._circle(index) for index in sorted(range(len(self.marks)), key=lambda at: -self.radii[at])]
        groups += [self._label(index) for index in range(len(self.marks))]
        groups.append(self._key())
        width, height = LEFT + self.wide + BESIDE, TOP + self.high + BELOW
        notes = _wrapped(f"unknown, so not shown: {', '.join(left_out)}", width - 24) if left_out else []
        for line in notes:
            height += LABEL + 4
            groups.append(Group("note", (Words(line, 12, height - 8, LABEL, self.theme.faint),)))
        return Canvas("comparison", width, height, tuple(groups))

    def _axes(self, title: str, *, percent: bool) -> Group:
        theme, low = self.theme, TOP + self.high
        items: list[Line | Circle | Words] = []
        for tick in self.along.ticks():
            x = self.x(tick)
            if LEFT <= x <= LEFT + self.wide:
                items.append(Line(((x, TOP), (x, low)), theme.frame, width=0.4))
                items.append(Words(round_count(round(tick)), x, low + TICK + 5, TICK, theme.faint, "middle"))
        for tick in self.upwards.ticks():
            y = self.y(tick)
            if TOP <= y <= low:
                text = f"{tick:g}" if percent else round_count(round(tick))
                items.append(Line(((LEFT, y), (LEFT + self.wide, y)), theme.frame, width=0.4))
                items.append(Words(text, LEFT - 5, y + TICK * 0.36, TICK, theme.faint, "end"))
        items.append(rectangle(LEFT, TOP, self.wide, self.high, theme.edge))
        along = "multiply-accumulates of one example"
        items.append(Words(along, LEFT + self.wide / 2, low + BELOW - 12, LABEL, theme.text, "middle"))
        items.append(Words(title, 14, TOP + self.high / 2, LABEL, theme.text, "middle", turned=True))
        return Group("axes", tuple(items))

    def _circle(self, index: int) -> Group:
        mark, (x, y), theme = self.marks[index], self.places[index], self.theme
        disc = Circle(x, y, self.radii[index], theme.edge, theme.families["convolution"], 0.6)
        data = (("name", mark.name), ("params", str(mark.params)), ("macs", str(mark.macs)))
        return Group("mark", (disc, Circle(x, y, 1.5, None, theme.text)), data)

    def _label(self, index: int) -> Group:
        """A network's name, with a line to its circle where it stands apart."""
        assert self.labels is not None
        left, _, _, bottom = self.labels[index]
        name = Words(self.marks[index].name, left, bottom - LABEL * 0.3, LABEL, self.theme.text)
        line = self._line(index, self.labels[index])
        return Group("label", (name,) if line is None else (Line(line, self.theme.edge, width=0.5), name))

    def _key(self) -> Group:
        """Circles of round numbers of parameters."""
        theme, x = self.theme, LEFT + self.wide + BESIDE / 2
        power = 10.0 ** floor(log10(self.most))
        largest = next(power * each for each in (5, 2, 1) if power * each <= self.most)
        y = TOP + LABEL
        items: list[Line | Circle | Words] = [Words("parameters", x, y, LABEL, theme.text, "middle")]
        for number in (largest, largest / 5, largest / 20):
            if number < 1:
                break
            radius = self.radius(number)
            y += radius + 10
            items.append(Circle(x, y, radius, theme.edge, theme.families["convolution"], 0.6))
            y += radius + TICK + 2
            items.append(Words(round_count(round(number)), x, y, TICK, theme.faint, "middle"))
        return Group("key", tuple(items))


def _meets(line: tuple[Point, Point] | None, box: Box) -> bool:
    """Whether a line runs through a box, tried at points along it."""
    if line is None:
        return False
    ((ax, ay), (bx, by)), (left, top, right, bottom) = line, box
    steps = ceil(max(abs(bx - ax), abs(by - ay)) / 3) or 1
    points = [(ax + (bx - ax) * at / steps, ay + (by - ay) * at / steps) for at in range(steps + 1)]
    return any(left <= x <= right and top <= y <= bottom for x, y in points)


def _wrapped(text: str, width: float) -> list[str]:
    """Lines of words that fit into a width."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, LABEL) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
