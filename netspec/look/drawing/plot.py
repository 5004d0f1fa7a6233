"""Lines, bands and points over two axes. They are drawn large, and made smaller, which smooths their edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, isfinite, log10, nan, pi, sin
from typing import Any

from netspec.look.drawing.canvas import Sheet
from netspec.look.drawing.letters import TEXT, cut, width_of
from netspec.look.drawing.ticks import logarithmic_ticks, number, ticks

_FINER = 4
"""Pixels that become one."""
_LINE, _DOT = 2.5, 3.5
"""Pixels of a line's width, and of half a dot's."""
_TICK = 4
_MOST = 1e300
"""The largest number that has a place of its own: beyond it, differences are no numbers any more."""
_BAND = 60
"""The opacity of a band, of 255."""
_CORNERS = {
    "^": [(sin(pi * at / 1.5), -cos(pi * at / 1.5)) for at in range(3)],
    "s": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "D": [(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)],
    "v": [(sin(pi * at / 1.5), cos(pi * at / 1.5)) for at in range(3)],
    "P": [(x * 1.1, y * 1.1) for x, y in (
        (-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35), (0.35, 0.35),
        (0.35, 1), (-0.35, 1), (-0.35, 0.35), (-1, 0.35), (-1, -0.35), (-0.35, -0.35),
    )],
    "*": [((1.4 if at % 2 == 0 else 0.6) * sin(pi * at / 5), -(1.4 if at % 2 == 0 else 0.6) * cos(pi * at / 5))
          for at in range(10)],
}  # fmt: skip
"""The corners of the shapes of points, in half their size."""
SHAPES = ("o", *_CORNERS)
"""The shapes that points can have; the first is a disk."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Axis:
    """The numbers at both ends of an axis.

    Attributes:
        low: The number at the left, or below.
        high: The number at the other end, which is larger.
        logarithmic: Whether equal factors are equally far apart; both numbers are above 0 then.
    """

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def around(cls, values: Sequence[float], *, logarithmic: bool = False) -> Axis:
        """The axis of some numbers, with a margin; those that it cannot show are passed over."""
        fit = [min(max(value, -_MOST), _MOST) for value in values if isfinite(value) and (value > 0 or not logarithmic)]
        if not fit:
            return cls(0.0, 1.0)
        low, high = min(fit), max(fit)
        if logarithmic:
            margin = (high / low) ** 0.05 if high > low else 2.0
            return cls(max(low / margin, 1 / _MOST), min(high * margin, 2 * _MOST), logarithmic=True)
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        return cls(low - margin, high + margin)

    def share(self, value: float) -> float | None:
        """The place of a number between both ends, 0 to 1; None where it has none."""
        if not isfinite(value) or (self.logarithmic and value <= 0):
            return None
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = map(log10, (low, high, value))
        return min(max((value - low) / (high - low), -1.0), 2.0)

    def ticks(self, most: int) -> list[float]:
        """Round numbers on it."""
        return (logarithmic_ticks if self.logarithmic else ticks)(self.low, self.high, most)


class Plot:
    """A place on a sheet with an axis along its lower edge and one along its left edge.

    Args:
        made: The sheet.
        place: Left, top, width and height in pixels.
        x: The axis below.
        y: The axis at the left.
    """

    def __init__(self, made: Sheet, place: tuple[int, int, int, int], x: Axis, y: Axis) -> None:
        from PIL import Image, ImageDraw

        self.sheet, self.x, self.y = made, x, y
        self.left, self.top, self.width, self.height = place
        size = self.width * _FINER, self.height * _FINER
        self._large = Image.new("RGB", size, made.theme.page or "#ffffff")
        self._pen = ImageDraw.Draw(self._large)

    def grid(self, unit: str, numbers_at: float) -> None:
        """Numbers and a fine line across for each round one of the left axis, and the meaning of it."""
        for tick in self.y.ticks(max(2, self.height // 34)):
            _, down = self._at(self.x.low, tick) or (0.0, 0.0)
            self._pen.line([(0, down), (self.width * _FINER, down)], self.sheet.theme.frame, _FINER // 2)
            place = self.top + down / _FINER
            self._mark(self.left - _TICK, place, self.left, place)
            self.sheet.text(self.left - _TICK - 4, place, number(tick), across="end", down="middle")
        words = cut(unit, self.height)
        self.sheet.text(numbers_at, self.top + self.height / 2, words, across="start", down="middle", upright=True)

    def line(self, values: Sequence[float], colour: Colour) -> None:
        """A line through numbers at 0, 1, ... of the axis below, broken where there is none."""
        for part in self._parts(values):
            if len(part) > 1:
                self._pen.line(part, colour, round(_LINE * _FINER), joint="curve")
            for place in part:
                self._shape("o", place, _DOT, colour)

    def band(self, low: Sequence[float], high: Sequence[float], colour: Colour) -> None:
        """The ground between two lines, lightly coloured; a gap of either is one of the band."""
        from PIL import Image, ImageDraw

        pairs = zip(low, high, strict=True)
        whole = [pair if None not in map(self.y.share, pair) else (nan, nan) for pair in pairs]
        mask = Image.new("L", self._large.size)
        edges = (self._parts([pair[side] for pair in whole]) for side in (0, 1))
        for below, above in zip(*edges, strict=True):
            if len(below) > 1:
                ImageDraw.Draw(mask).polygon([*below, *reversed(above)], fill=_BAND)
        self._large.paste(colour, (0, 0), mask)

    def points(self, points: Any, shape: str, colour: Colour) -> None:
        """A shape at each of some points [N, 2]."""
        for x, y in points.tolist():
            if place := self._at(x, y):
                self._shape(shape, place, _DOT, colour)

    def ends(self) -> None:
        """Put all that was drawn on the sheet, with both axes."""
        self.sheet.ground.paste(self._large.reduce(_FINER), (self.left, self.top))
        bottom = self.top + self.height
        self._mark(self.left, self.top, self.left, bottom)
        self._mark(self.left, bottom, self.left + self.width, bottom)

    def below(self, value: float, words: str, *, upright: bool = False) -> None:
        """A mark and words below the lower axis."""
        place = self.left + (self.x.share(value) or 0.0) * self.width
        bottom = self.top + self.height
        self._mark(place, bottom, place, bottom + _TICK)
        self.sheet.text(place, bottom + _TICK + 3, words, across="middle", upright=upright)

    def _at(self, x: float, y: float) -> tuple[float, float] | None:
        across, down = self.x.share(x), self.y.share(y)
        if across is None or down is None:
            return None
        return across * self.width * _FINER, (1 - down) * self.height * _FINER

    def _parts(self, values: Sequence[float]) -> Iterator[list[tuple[float, float]]]:
        """The places of numbers at 0, 1, ...; a part ends where there is none."""
        part: list[tuple[float, float]] = []
        for at, value in enumerate([*values, nan]):
            if place := self._at(at, value):
                part.append(place)
            elif part:
                yield part
                part = []

    def _shape(self, shape: str, place: tuple[float, float], half: float, colour: Colour) -> None:
        draw_shape(self._pen, shape, place, half * _FINER, colour)

    def _mark(self, *ends: float) -> None:
        from PIL import ImageDraw

        ImageDraw.Draw(self.sheet.ground).line([round(end) for end in ends], self.sheet.theme.edge)


def draw_shape(pen: Any, shape: str, place: tuple[float, float], half: float, colour: Colour) -> None:
    """A shape around a place, by half its size."""
    x, y = place
    if shape in _CORNERS:
        pen.polygon([(x + half * across, y + half * down) for across, down in _CORNERS[shape]], fill=colour)
    else:
        pen.ellipse((x - half, y - half, x + half, y + half), fill=colour)


def key(made: Sheet, left: float, top: float, words: str, colour: Colour, shape: str, *, line: bool = False) -> float:
    """A shape, or a line with one, and the words for it; gives the pixels that they take."""
    from PIL import Image, ImageDraw

    wide = 26 if line else 12
    large = Image.new("RGB", (wide * _FINER, TEXT * _FINER), made.theme.page or "#ffffff")
    pen, middle = ImageDraw.Draw(large), TEXT * _FINER / 2
    if line:
        pen.line([(0, middle), (wide * _FINER, middle)], colour, round(_LINE * _FINER))
    draw_shape(pen, shape, (wide * _FINER / 2, middle), 1.2 * _DOT * _FINER, colour)
    made.ground.paste(large.reduce(_FINER), (round(left), round(top) + 2))
    made.text(left + wide + 7, top, words)
    return wide + 7 + width_of(words)
