"""SVG: text is text, and every box, frame and edge says in its data what it stands for.

Boxes are ``<g class="box">``, frames ``<g class="frame">`` around what they hold, edges ``<path class="edge">``.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from netspec.picture.font import FAMILY
from netspec.picture.layout import LABEL, LINE, TITLE, Rect
from netspec.picture.picture import Picture, box_names
from netspec.picture.scene import Box, Frame, Part, children

SUFFIXES = (".svg",)

CORNER = 5.0
"""The radius of an edge's corners."""


def write(picture: Picture) -> str:
    """A picture as an SVG file."""
    return "\n".join(_Svg(picture).lines()) + "\n"


class _Svg:
    def __init__(self, picture: Picture) -> None:
        self.picture, self.drawing, self.theme = picture, picture.drawing, picture.theme
        self.frames = {id(frame): (rect, labels) for frame, rect, labels in self.drawing.frames}
        self.names = [_attribute(name) for name in box_names(self.drawing.scene)]

    def lines(self) -> Iterator[str]:
        drawing = self.drawing
        wide, high = _number(drawing.width), _number(drawing.height)
        size = f'width="{wide}" height="{high}"'
        if self.picture.width is not None:
            amount, unit = float(self.picture.width[:-2]), self.picture.width[-2:]
            size = f'width="{amount:g}{unit}" height="{amount * drawing.height / drawing.width:.3f}{unit}"'
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {wide} {high}" role="img" '
            'aria-labelledby="title desc">'
        )
        yield f'<title id="title">{_text(drawing.scene.name)}</title>'
        yield f'<desc id="desc">{_text(self.picture.doc)}</desc>'
        yield f"<style>{self._style()}</style>"
        yield (
            '<marker id="head" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
            f'<path d="M0 .5 6 3 0 5.5z" fill="{self.theme.edge}"/></marker>'
        )
        if self.theme.page is not None:
            yield f'<rect class="page" width="{wide}" height="{high}" fill="{self.theme.page}"/>'
        yield from self._part(drawing.scene.root)
        yield '<g class="edges">'
        for edge, line in zip(drawing.scene.edges, drawing.lines, strict=True):
            aside = " aside" if edge.aside else ""
            ends = f"data-from={self.names[edge.source]} data-to={self.names[edge.target]}"
            yield f'<path class="edge{aside}" {ends} d="{_path(line)}"/>'
        yield "</g>"
        yield "</svg>"

    def _part(self, part: Part) -> Iterator[str]:
        if isinstance(part, Box):
            yield from self._box(part)
            return
        if isinstance(part, Frame):
            rect, labels = self.frames[id(part)]
            path = f"data-path={_attribute(part.path)} " if part.path else ""
            yield f'<g class="frame" {path}data-times="{part.times}">'
            yield f'<rect {_rect(rect)} rx="6"/>'
            for text, x, y in labels:
                yield f'<text class="label" x="{_number(x)}" y="{_number(y)}">{_text(text)}</text>'
        for child in children(part):
            yield from self._part(child)
        if isinstance(part, Frame):
            yield "</g>"

    def _box(self, box: Box) -> Iterator[str]:
        rect = self.drawing.boxes[box.number]
        params = "unknown" if box.params is None else box.params
        about = f'data-path={self.names[box.number]} data-params="{params}" data-times="{box.times}"'
        about += f' data-layers="{len(box.keys)}"' if box.keys else ""
        about += f' data-line="{box.line}"' if box.line is not None else ""
        kind = f"{box.family} aside" if box.aside else box.family
        title, *lines = box.text
        middle = _number(rect.x + rect.width / 2)
        height = TITLE + (LINE + 3) * len(lines)
        y = rect.y + (rect.height - height) / 2 + TITLE * 0.84
        texts = [f'<text x="{middle}" y="{_number(y)}">{_text(title)}</text>']
        for line in lines:
            y += LINE + 3
            texts.append(f'<text class="more" x="{middle}" y="{_number(y)}">{_text(line)}</text>')
        radius = rect.height / 2 if box.role in ("input", "output") else 3
        ground = self.picture.fills.get(box.number)
        fill = f' style="fill:{ground}"' if ground else ""
        yield f'<g class="box {kind}" {about}><rect {_rect(rect)} rx="{_number(radius)}"{fill}/>{"".join(texts)}</g>'

    def _style(self) -> str:
        theme = self.theme
        used = {box.family for box in self.drawing.scene.boxes}
        grounds = "".join(f".{name} rect{{fill:{colour}}}" for name, colour in theme.families.items() if name in used)
        return (
            f"text{{font:{TITLE:g}px {FAMILY};fill:{theme.text};text-anchor:middle}}"
            f".more{{font-size:{LINE:g}px;fill:{theme.faint}}}"
            f".label{{font-size:{LABEL:g}px;fill:{theme.faint};text-anchor:start}}"
            f".box rect{{stroke:{theme.edge};stroke-width:.8}}"
            f".frame>rect{{fill:{theme.shade};stroke:{theme.frame}}}"
            f".edge{{fill:none;stroke:{theme.edge};stroke-width:1.2;marker-end:url(#head)}}"
            f".aside{{stroke-dasharray:4 3}}.box.aside rect{{stroke-dasharray:4 3}}{grounds}"
        )


def _path(line: tuple[tuple[float, float], ...]) -> str:
    """A line with rounded corners."""
    (x, y), *rest = line
    told = [f"M{_number(x)} {_number(y)}"]
    for index, (px, py) in enumerate(rest):
        if index + 1 == len(rest):
            told.append(_straight(x, y, px, py))
            break
        nx, ny = rest[index + 1]
        radius = min(CORNER, (abs(px - x) + abs(py - y)) / 2, (abs(nx - px) + abs(ny - py)) / 2)
        ax, ay = _toward(px, py, x, y, radius)
        bx, by = _toward(px, py, nx, ny, radius)
        told.append(f"{_straight(x, y, ax, ay)}Q{_number(px)} {_number(py)} {_number(bx)} {_number(by)}")
        x, y = bx, by
    return "".join(told)


def _straight(x: float, y: float, px: float, py: float) -> str:
    if abs(x - px) < 0.01:
        return f"V{_number(py)}"
    return f"H{_number(px)}" if abs(y - py) < 0.01 else f"L{_number(px)} {_number(py)}"


def _toward(x: float, y: float, px: float, py: float, distance: float) -> tuple[float, float]:
    """The point at a distance from one point towards another, along an axis."""
    if abs(px - x) < 0.01:
        return x, y + (distance if py > y else -distance)
    return x + (distance if px > x else -distance), y


def _rect(rect: Rect) -> str:
    x, y, width, height = map(_number, (rect.x, rect.y, rect.width, rect.height))
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'


def _number(value: float) -> str:
    """A number with at most one digit after the point."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _text(text: str) -> str:
    return escape("".join(each if each.isprintable() else " " for each in text), quote=False)


def _attribute(text: str) -> str:
    return f'"{escape("".join(each if each.isprintable() else " " for each in text))}"'
