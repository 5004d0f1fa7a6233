"""Canvases as SVG: each group a ``<g>`` of its kind with what it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture import svg_file as svg
from netspec.picture.canvas import Canvas, Circle, Line, Words


def canvas_lines(canvas: Canvas) -> Iterator[str]:
    """The groups of a canvas."""
    for group in canvas.groups:
        data = "".join(f" data-{name}={svg.attribute(value)}" for name, value in group.data)
        yield f'<g class="{group.kind}"{data}>{"".join(map(_item, group.items))}</g>'


def _item(item: Line | Circle | Words) -> str:
    match item:
        case Words():
            x, y = svg.number(item.x), svg.number(item.y)
            turned = f' transform="rotate(-90 {x} {y})"' if item.turned else ""
            style = f"font-size:{item.size:g}px;text-anchor:{item.anchor};fill:{item.colour}"
            return f'<text x="{x}" y="{y}"{turned} style="{style}">{svg.text(item.text)}</text>'
        case Circle():
            paint = f'fill="{item.fill or "none"}" stroke="{item.stroke or "none"}"'
            paint += f' fill-opacity="{item.opacity:g}"' if item.opacity < 1 else ""
            return f'<circle cx="{svg.number(item.x)}" cy="{svg.number(item.y)}" r="{item.radius:.2f}" {paint}/>'
        case _:
            way = "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in item.points) + ("Z" if item.closed else "")
            dashes = ' stroke-dasharray="4 3"' if item.dashed else ""
            paint = f'fill="{item.fill or "none"}" stroke="{item.stroke or "none"}" stroke-width="{item.width:g}"'
            return f'<path d="M{way}" {paint}{dashes}/>'
