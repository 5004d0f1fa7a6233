"""SVG: text is text, and every box, frame and edge says in its data what it stands for.

Boxes are ``<g class="box">``, frames ``<g class="frame">`` around what they hold, edges ``<path class="edge">``.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture import svg_file as svg
from netspec.picture.canvas import Canvas
from netspec.picture.drawing import LABEL, LINE, TITLE, Drawing
from netspec.picture.picture import Picture, box_name
from netspec.picture.scene import Box, Frame, Part, children
from netspec.picture.svg_canvas import canvas_lines
from netspec.picture.svg_tables import table_lines, table_style
from netspec.picture.svg_volumes import volume_lines, volume_style

SUFFIXES = (".svg",)
GRAPHS_ALONE = False


def write(picture: Picture) -> str:
    """A picture as an SVG file."""
    if isinstance(picture.drawing, Drawing):
        graph = _Graph(picture, picture.drawing)
        lines = svg.file(picture, graph.style(), graph.lines())
    elif isinstance(picture.drawing, Canvas):
        lines = svg.file(picture, "", canvas_lines(picture.drawing))
    else:
        lines = svg.file(picture, volume_style(picture.theme), volume_lines(picture, picture.drawing))
    return "\n".join(lines) + "\n"


def content(picture: Picture) -> Iterator[str]:
    """The boxes, frames and edges of a picture of a graph, without a file around them."""
    return _Graph(picture, picture.graph).lines()


class _Graph:
    """Boxes, frames around them, and edges."""

    def __init__(self, picture: Picture, drawing: Drawing) -> None:
        self.picture, self.drawing = picture, drawing
        self.frames = {id(frame): (rect, labels) for frame, rect, labels in drawing.frames}

    def lines(self) -> Iterator[str]:
        drawing = self.drawing
        names = [svg.attribute(box_name(box)) for box in drawing.scene.boxes]
        yield from self._part(drawing.scene.root)
        yield '<g class="edges">'
        for edge, line in zip(drawing.scene.edges, drawing.lines, strict=True):
            yield svg.edge(names[edge.source], names[edge.target], svg.path(line), aside=edge.aside)
        yield "</g>"
        for table in drawing.tables:
            yield from table_lines(table)

    def _part(self, part: Part) -> Iterator[str]:
        if isinstance(part, Box):
            yield from self._box(part)
            return
        if isinstance(part, Frame):
            rect, labels = self.frames[id(part)]
            path = f"data-path={svg.attribute(part.path)} " if part.path else ""
            yield f'<g class="frame" {path}data-times="{part.times}">'
            yield f'<rect {svg.rectangle(rect)} rx="6"/>'
            for text, x, y in labels:
                yield f'<text class="label" x="{svg.number(x)}" y="{svg.number(y)}">{svg.text(text)}</text>'
        for child in children(part):
            yield from self._part(child)
        if isinstance(part, Frame):
            yield "</g>"

    def _box(self, box: Box) -> Iterator[str]:
        rect = self.drawing.boxes[box.number]
        title, *lines = box.text
        middle = svg.number(rect.x + rect.width / 2)
        y = rect.y + (rect.height - TITLE - (LINE + 3) * len(lines)) / 2 + TITLE * 0.84
        texts = [f'<text x="{middle}" y="{svg.number(y)}">{svg.text(title)}</text>']
        for line in lines:
            y += LINE + 3
            texts.append(f'<text class="more" x="{middle}" y="{svg.number(y)}">{svg.text(line)}</text>')
        radius = svg.number(rect.height / 2 if box.role in ("input", "output") else 3)
        ground = svg.ground(self.picture, box)
        opening = svg.opening(self.picture, box)
        yield f'{opening}<rect {svg.rectangle(rect)} rx="{radius}"{ground}/>{"".join(texts)}</g>'

    def style(self) -> str:
        theme = self.picture.theme
        tables = table_style(theme) if self.drawing.tables else ""
        return (
            f".box>.more{{font-size:{LINE:g}px;fill:{theme.faint}}}"
            f".frame>.label{{font-size:{LABEL:g}px;fill:{theme.faint};text-anchor:start}}"
            f".frame>rect{{fill:{theme.shade};stroke:{theme.frame}}}{tables}"
        )
