"""Tensors as boxes in space, and a network as a row of them: corners and lines, as every format draws them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netspec.objects.immutable import immutable
from netspec.picture.scene import Box, Scene

SLANT = (0.34, 0.2)
"""The direction of depth, as shares of it: to the right and upwards."""
TITLE, NOTE = 10.0, 9.0
"""Sizes of fonts, in pixels."""

GAP = 24.0
"""The space between columns, in pixels."""

Point = tuple[float, float]


@immutable
class Volume:
    """A tensor as a box: its front is a rectangle, its depth goes along `SLANT`.

    Attributes:
        box: What makes it, together with what keeps it as it is.
        note: Its shape, ``6@28×28``.
        sheets: The maps that are told apart; 1 where there are too many.
        x, y: The upper left corner of its front.
        thick, high, deep: Its extents along the flow, downwards, and along the slant.
        middle: The middle of its column, below which its texts stand.
        end: The right end of its column.
    """

    box: Box
    note: str
    sheets: int
    x: float
    y: float
    thick: float
    high: float
    deep: float
    middle: float
    end: float

    @property
    def slant(self) -> Point:
        """The way from a corner of the front to that of the back."""
        return self.deep * SLANT[0], -self.deep * SLANT[1]

    @property
    def title(self) -> str:
        """What makes it, and how often."""
        return f"{self.box.title} ×{self.box.times}" if self.box.times > 1 else self.box.title

    @property
    def cuts(self) -> tuple[tuple[Point, ...], ...]:
        """The lines between its sheets, over the front and the upper side."""
        (dx, dy), low = self.slant, self.y + self.high
        places = [self.x + self.thick * number / self.sheets for number in range(1, self.sheets)]
        return tuple([((x, low), (x, self.y), (x + dx, self.y + dy)) for x in places])

    @property
    def top(self) -> tuple[Point, ...]:
        """Its upper side."""
        (dx, dy), left, right = self.slant, self.x, self.x + self.thick
        return (left, self.y), (right, self.y), (right + dx, self.y + dy), (left + dx, self.y + dy)

    @property
    def side(self) -> tuple[Point, ...]:
        """Its right side: the map that a kernel slides over."""
        (dx, dy), right, low = self.slant, self.x + self.thick, self.y + self.high
        return (right, self.y), (right + dx, self.y + dy), (right + dx, low + dy), (right, low)

    def faces(self, other: Volume) -> bool:
        """Whether another one stands beside it, neither above nor below."""
        return other.y <= self.y + self.high and self.y <= other.y + other.high

    def window(self, high: float, wide: float) -> tuple[Point, ...]:
        """A window in the middle of the right side, in pixels."""
        (dx, dy), right = self.slant, self.x + self.thick
        share = min(1.0, wide / self.deep)
        start, height = (1 - share) / 2, min(high, self.high)
        x, y = right + dx * start, self.y + dy * start + (self.high - height) / 2
        return (x, y), (x + dx * share, y + dy * share), (x + dx * share, y + dy * share + height), (x, y + height)


Kernel = tuple[tuple[Point, ...], Point | None]
"""A window on the map that it slides over, and the point that it makes where that is not above or below."""


@immutable
class Volumes:
    """A network as volumes.

    Attributes:
        lines: What flows past other volumes: both ends, and the corners.
    """

    scene: Scene
    width: float
    height: float
    volumes: tuple[Volume, ...]
    kernels: tuple[Kernel, ...]
    lines: tuple[tuple[Box, Box, tuple[Point, ...]], ...]

    def edges(self) -> Iterator[tuple[Box, Box, tuple[Point, ...]]]:
        """All data flow: from each volume to the next, then past others; both ends, and the corners."""
        for before, after in pairwise(self.volumes):
            start, end, level = before.x + before.thick + before.slant[0] + 2, after.x - 2, after.y + after.high / 2
            line = [(start, level), (end, level)]
            if not before.faces(after):  # down or up between the columns, beside their texts
                first, turn = before.y + before.high / 2, before.end + GAP / 2
                line = [(start, first), (turn, first), (turn, level), (end, level)]
            yield before.box, after.box, tuple(line)
        yield from self.lines
