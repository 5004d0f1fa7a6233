"""What all SVG files share: the frame around a picture, and numbers, texts and lines as SVG writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from netspec.picture.drawing import Rect
from netspec.picture.font import FAMILY, printable
from netspec.picture.picture import Picture, box_name
from netspec.picture.scene import Box

CORNER = 5.0
"""The radius of an edge's corners."""


def file(picture: Picture, style: str, content: Iterable[str]) -> Iterator[str]:
    """The lines of a file: its size, its title and description for screen readers, its style, its content."""
    drawing, theme = picture.drawing, picture.theme
    wide, high = number(drawing.width), number(drawing.height)
    size = f'width="{wide}" height="{high}"'
    if picture.width is not None:
        amount, unit = float(picture.width[:-2]), picture.width[-2:]
        size = f'width="{amount:g}{unit}" height="{amount * drawing.height / drawing.width:.3f}{unit}"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {wide} {high}" role="img" '
        'aria-labelledby="title desc">'
    )
    yield f'<title id="title">{text(picture.name)}</title>'
    yield f'<desc id="desc">{text(picture.doc)}</desc>'
    used = {box.family for box in picture.boxes}
    grounds = "".join(f".{name}>*{{fill:{colour}}}" for name, colour in theme.families.items() if name in used)
    common = (
        f"text{{font:12px {FAMILY};text-anchor:middle}}"
        f".edge{{fill:none;stroke:{theme.edge};stroke-width:1.2;marker-end:url(#head)}}"
        f".box>*{{stroke:{theme.edge};stroke-width:.8}}"
        ".edge.aside,.box.aside>*{stroke-dasharray:4 3}"
    )
    yield f"<style>{common}{grounds}.box>text,.frame>text{{stroke:none;fill:{theme.text}}}{style}</style>"
    yield (
        '<marker id="head" viewBox="0 0 6 6" refX="5.5" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path d="M0 .5 6 3 0 5.5z" fill="{theme.edge}"/></marker>'
    )
    if theme.page is not None:
        yield f'<rect class="page" width="{wide}" height="{high}" fill="{theme.page}"/>'
    yield from content
    yield "</svg>"


def opening(picture: Picture, box: Box) -> str:
    """The beginning of a box's group, with what it stands for."""
    name = attribute(box_name(box))
    params = "unknown" if box.params is None else box.params
    about = f'data-path={name} data-params="{params}" data-times="{box.times}"'
    about += f' data-layers="{len(box.keys)}"' if box.keys else ""
    about += f' data-line="{box.line}"' if box.line is not None else ""
    return f'<g class="box {box.family}{" aside" if box.aside else ""}" {about}>'


def ground(picture: Picture, box: Box) -> str:
    """The ground of a box, where it is not that of its family."""
    colour = picture.fills.get(box.number)
    return f' style="fill:{colour}"' if colour else ""


def edge(source: str, target: str, line: str, *, aside: bool = False) -> str:
    """A line between two boxes."""
    return f'<path class="edge{" aside" if aside else ""}" data-from={source} data-to={target} d="{line}"/>'


def path(line: tuple[tuple[float, float], ...]) -> str:
    """A line with rounded corners."""
    (x, y), *rest = line
    told = [f"M{number(x)} {number(y)}"]
    for index, (px, py) in enumerate(rest):
        if index + 1 == len(rest):
            told.append(_straight(x, y, px, py))
            break
        nx, ny = rest[index + 1]
        radius = min(CORNER, (abs(px - x) + abs(py - y)) / 2, (abs(nx - px) + abs(ny - py)) / 2)
        ax, ay = _toward(px, py, x, y, radius)
        bx, by = _toward(px, py, nx, ny, radius)
        told.append(f"{_straight(x, y, ax, ay)}Q{number(px)} {number(py)} {number(bx)} {number(by)}")
        x, y = bx, by
    return "".join(told)


def _straight(x: float, y: float, px: float, py: float) -> str:
    if abs(x - px) < 0.01:
        return f"V{number(py)}"
    return f"H{number(px)}" if abs(y - py) < 0.01 else f"L{number(px)} {number(py)}"


def _toward(x: float, y: float, px: float, py: float, distance: float) -> tuple[float, float]:
    """The point at a distance from one point towards another, along an axis."""
    if abs(px - x) < 0.01:
        return x, y + (distance if py > y else -distance)
    return x + (distance if px > x else -distance), y


def rectangle(rect: Rect) -> str:
    """A rectangle's attributes."""
    x, y, width, height = map(number, (rect.x, rect.y, rect.width, rect.height))
    return f'x="{x}" y="{y}" width="{width}" height="{height}"'


def number(value: float) -> str:
    """A number with at most one digit after the point."""
    shown = f"{value:.1f}"
    return shown[:-2] if shown.endswith(".0") else shown


def text(shown: str) -> str:
    """A text as content."""
    return escape(printable(shown), quote=False)


def attribute(shown: str) -> str:
    """A text as an attribute's value, in quotes."""
    return f'"{escape(printable(shown))}"'
