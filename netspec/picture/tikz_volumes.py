"""Volumes as TikZ: each a rectangle with its upper and its right side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.picture import tikz_file as tikz
from netspec.picture.picture import Picture
from netspec.picture.volume_shapes import NOTE, TITLE, Point, Volume, Volumes


def volume_lines(picture: Picture, drawing: Volumes, scale: float) -> Iterator[str]:
    """The volumes from left to right, each before what points at it from the left."""
    for volume in drawing.volumes:
        yield from _volume(volume, tikz.colour(picture.fill(volume.box)), scale)
    for corners, point in drawing.kernels:
        yield f"  \\path[draw=netspec edge, line width=0.4pt, fill=netspec edge, fill opacity=0.28] {_closed(corners)};"
        if point is not None:
            for corner in corners:
                yield f"  \\draw[netspec edge, line width=0.3pt, opacity=0.7] {_way((corner, point))};"
    for _, _, line in drawing.edges():
        yield f"  \\draw[edge] {_way(line)};"


def _volume(volume: Volume, ground: str, scale: float) -> Iterator[str]:
    left, top, right, low = volume.x, volume.y, volume.x + volume.thick, volume.y + volume.high
    front = ((left, top), (right, top), (right, low), (left, low))
    for corners, opacity in ((front, "1"), (volume.top, "0.75"), (volume.side, "0.9")):
        paint = f"draw=netspec edge, line width=0.5pt, fill={ground}, fill opacity={opacity}"
        yield f"  \\path[{paint}] {_closed(corners)};"
    for line in volume.cuts:
        yield f"  \\draw[netspec edge, line width=0.25pt] {_way(line)};"
    yield tikz.node(volume.title, volume.middle, low + TITLE + 3, TITLE * scale, "anchor=base")
    style = "anchor=base, text=netspec faint"
    yield tikz.node(volume.note, volume.middle, low + TITLE + NOTE + 6, NOTE * scale, style)


def _way(points: Sequence[Point]) -> str:
    return " -- ".join(f"({x:.1f},{y:.1f})" for x, y in points)


def _closed(points: Sequence[Point]) -> str:
    return f"{_way(points)} -- cycle"
