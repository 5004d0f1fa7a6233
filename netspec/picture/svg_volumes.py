"""Volumes as SVG: each a ``<g class="box">``, its front a rectangle, its upper and its right side polygons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.picture import svg_file as svg
from netspec.picture.drawing import Rect
from netspec.picture.picture import Picture, box_name
from netspec.picture.themes import Theme
from netspec.picture.volume_shapes import NOTE, TITLE, Point, Volume, Volumes


def volume_style(theme: Theme) -> str:
    """The style sheet of volumes."""
    return (
        f".box>text{{font-size:{TITLE:g}px}}.box>.more{{font-size:{NOTE:g}px;fill:{theme.faint}}}"
        ".top{fill-opacity:.75}.side{fill-opacity:.9}"
        f".kernel{{fill:{theme.edge};fill-opacity:.28;stroke:{theme.edge};stroke-width:.6}}"
        f".sees{{fill:none;stroke:{theme.edge};stroke-width:.5;stroke-opacity:.7}}"
        ".box>.cuts{fill:none;stroke-width:.4}"
    )


def volume_lines(picture: Picture, drawing: Volumes) -> Iterator[str]:
    """The volumes from left to right, each before what points at it from the left."""
    names = [svg.attribute(box_name(box)) for box in drawing.scene.boxes]
    for volume in drawing.volumes:
        yield _volume(picture, volume)
    yield '<g class="kernels">'
    for corners, point in drawing.kernels:
        yield f'<polygon class="kernel" points="{_points(corners)}"/>'
        if point is not None:
            x, y = map(svg.number, point)
            rays = "".join(f"M{svg.number(a)} {svg.number(b)}L{x} {y}" for a, b in corners)
            yield f'<path class="sees" d="{rays}"/>'
    yield "</g>"
    yield '<g class="edges">'
    for source, target, corners in drawing.edges():
        yield svg.edge(names[source.number], names[target.number], svg.path(corners))
    yield "</g>"


def _volume(picture: Picture, volume: Volume) -> str:
    box = volume.box
    ground = svg.ground(picture, box)
    front = svg.rectangle(Rect(volume.x, volume.y, volume.thick, volume.high))
    cuts = "".join("M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in line) for line in volume.cuts)
    sheets = f'<path class="cuts" d="{cuts}"/>' if cuts else ""
    middle, low = svg.number(volume.middle), volume.y + volume.high
    return (
        f"{svg.opening(picture, box)}<rect {front}{ground}/>"
        f'<polygon class="top" points="{_points(volume.top)}"{ground}/>'
        f'<polygon class="side" points="{_points(volume.side)}"{ground}/>{sheets}'
        f'<text x="{middle}" y="{svg.number(low + TITLE + 3)}">{svg.text(volume.title)}</text>'
        f'<text class="more" x="{middle}" y="{svg.number(low + TITLE + NOTE + 6)}">{svg.text(volume.note)}</text></g>'
    )


def _points(corners: Sequence[Point]) -> str:
    return " ".join(f"{svg.number(x)},{svg.number(y)}" for x, y in corners)
