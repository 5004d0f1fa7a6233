"""Canvases as TikZ."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture.canvas import Canvas, Circle, Line, Words
from netspec.picture.tikz_file import colour, node

ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def colours_of(canvas: Canvas) -> list[str]:
    """The colours of a canvas."""
    found: set[str | None] = set()
    for group in canvas.groups:
        for item in group.items:
            found |= {item.colour} if isinstance(item, Words) else {item.stroke, item.fill}
    return sorted(each for each in found if each)


def canvas_lines(canvas: Canvas, scale: float) -> Iterator[str]:
    """The items of a canvas."""
    for group in canvas.groups:
        for item in group.items:
            yield _item(item, scale)


def _item(item: Line | Circle | Words, scale: float) -> str:
    if isinstance(item, Words):
        turned = ", rotate=90" if item.turned else ""
        style = f"anchor={ANCHORS[item.anchor]}, text={colour(item.colour)}{turned}"
        return node(item.text, item.x, item.y, item.size * scale, style)
    paint = [f"draw={colour(item.stroke)}"] if item.stroke else []
    paint += [f"fill={colour(item.fill)}"] if item.fill else []
    if isinstance(item, Circle):
        paint += [f"fill opacity={item.opacity:g}"] if item.opacity < 1 else []
        return f"  \\path[{', '.join(paint)}] ({item.x:.1f},{item.y:.1f}) circle[radius={item.radius * scale:.2f}bp];"
    paint += [f"line width={item.width * scale:.2f}bp"] + (["dashed"] if item.dashed else [])
    way = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in item.points) + (" -- cycle" if item.closed else "")
    return f"  \\path[{', '.join(paint)}] {way};"
