"""A drawing: a scene with the places of its boxes, frames and edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from netspec.objects.immutable import immutable
from netspec.picture.font import text_width
from netspec.picture.scene import Box, Frame, Scene

Direction = Literal["down", "right"]

TITLE, LINE, LABEL = 12.0, 10.0, 11.0
"""Sizes of fonts, in pixels: a box's title, its further lines, a frame's label."""
LEAST_WIDTH, PADDING = 64.0, 9.0
"""The least width of a box, and the space beside its texts."""


@immutable
class Rect:
    """A rectangle, in pixels from the picture's top left corner."""

    x: float
    y: float
    width: float
    height: float


Label = tuple[str, float, float]
"""A text, and where its line begins."""


@immutable
class Cell:
    """A text with the place of its line's beginning, or of its end."""

    text: str
    x: float
    y: float
    ends: bool


@immutable
class Row:
    """A row of a table.

    Attributes:
        data: What it stands for, as names and values of a picture's data.
        faint: Whether it runs in training alone.
    """

    rect: Rect
    cells: tuple[Cell, ...]
    data: tuple[tuple[str, str], ...]
    faint: bool


@immutable
class Table:
    """A table: its head, its rows, and the heights of its rules."""

    rect: Rect
    head: Row
    rows: tuple[Row, ...]
    rules: tuple[float, ...]

    def moved(self, x: float, y: float) -> Table:
        """The table elsewhere."""

        def placed(rect: Rect) -> Rect:
            return replace(rect, x=rect.x + x, y=rect.y + y)

        def row(each: Row) -> Row:
            cells = tuple([replace(cell, x=cell.x + x, y=cell.y + y) for cell in each.cells])
            return replace(each, rect=placed(each.rect), cells=cells)

        rules = tuple([rule + y for rule in self.rules])
        return Table(placed(self.rect), row(self.head), tuple(map(row, self.rows)), rules)


@immutable
class Drawing:
    """A scene with places.

    Attributes:
        boxes: The places of the boxes, by their numbers.
        frames: Frames, outer ones first, with their places, and their labels with the places at which they begin.
        lines: The corners of each edge, in the order of `Scene.edges`.
        tables: Tables beside the boxes.
    """

    scene: Scene
    direction: Direction
    width: float
    height: float
    boxes: tuple[Rect, ...]
    frames: tuple[tuple[Frame, Rect, tuple[Label, ...]], ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    tables: tuple[Table, ...] = ()


def box_size(box: Box) -> tuple[float, float]:
    """The width and height that a box's texts need."""
    title, *lines = box.text
    wide = max([text_width(title, TITLE), *(text_width(line, LINE) for line in lines)])
    return max(wide + 2 * PADDING, LEAST_WIDTH), TITLE + 8 + (LINE + 3) * len(lines)
