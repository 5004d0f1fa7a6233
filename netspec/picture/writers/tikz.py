r"""TikZ: a file that LaTeX compiles alone, and that \input takes with the package standalone."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture import tikz_file as tikz
from netspec.picture.canvas import Canvas
from netspec.picture.drawing import LABEL, LINE, TITLE, Rect, Table
from netspec.picture.picture import Picture
from netspec.picture.scene import Box
from netspec.picture.tikz_canvas import canvas_lines, colours_of
from netspec.picture.tikz_volumes import volume_lines
from netspec.picture.units import inches
from netspec.picture.volume_shapes import Volumes

SUFFIXES = (".tex", ".tikz")
GRAPHS_ALONE = False

POINTS = 0.75
"""Points for each unit of a drawing whose width is not given."""


def write(picture: Picture) -> str:
    """A picture as TikZ code, with every number in place."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    drawing = picture.drawing
    scale = POINTS if picture.width is None else inches(picture.width) * 72 / drawing.width
    if isinstance(drawing, Canvas):
        yield from tikz.file(picture.theme, scale, colours_of(drawing), canvas_lines(drawing, scale))
        return
    grounds = sorted({picture.fill(box) for box in picture.boxes})
    content = volume_lines(picture, drawing, scale) if isinstance(drawing, Volumes) else _graph(picture, scale)
    yield from tikz.file(picture.theme, scale, grounds, content)


def _graph(picture: Picture, scale: float) -> Iterator[str]:
    drawing = picture.graph
    for _, rect, labels in drawing.frames:
        yield f"  \\draw[frame] {_corners(rect)};"
        for text, x, y in labels:
            yield tikz.node(text, x, y, LABEL * scale, "anchor=base west, text=netspec faint")
    for box, rect in zip(drawing.scene.boxes, drawing.boxes, strict=True):
        style = f"box, fill={tikz.colour(picture.fill(box))}" + (", aside" if box.aside else "")
        yield f"  \\draw[{style}] {_corners(rect)};"
        yield from _texts(box, rect, scale)
    for edge, line in zip(drawing.scene.edges, drawing.lines, strict=True):
        way = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in line)
        yield f"  \\draw[edge{', aside' if edge.aside else ''}] {way};"
    for table in drawing.tables:
        yield from _table(table, scale)


def _table(table: Table, scale: float) -> Iterator[str]:
    for row in (table.head, *table.rows):
        faint = ", text=netspec faint" if row is table.head or row.faint else ""
        for cell in row.cells:
            if cell.text:
                anchor = "base east" if cell.ends else "base west"
                yield tikz.node(cell.text, cell.x, cell.y, LINE * scale, f"anchor={anchor}{faint}")
    left, right = table.rect.x, table.rect.x + table.rect.width
    for rule in table.rules:
        yield f"  \\draw[netspec edge, line width=0.5pt] ({left:.1f},{rule:.1f}) -- ({right:.1f},{rule:.1f});"


def _texts(box: Box, rect: Rect, scale: float) -> Iterator[str]:
    title, *lines = box.text
    middle = rect.x + rect.width / 2
    y = rect.y + (rect.height - TITLE - (LINE + 3) * len(lines)) / 2 + TITLE * 0.84
    yield tikz.node(title, middle, y, TITLE * scale, "anchor=base")
    for line in lines:
        y += LINE + 3
        yield tikz.node(line, middle, y, LINE * scale, "anchor=base, text=netspec faint")


def _corners(rect: Rect) -> str:
    return f"({rect.x:.1f},{rect.y:.1f}) rectangle ({rect.x + rect.width:.1f},{rect.y + rect.height:.1f})"
