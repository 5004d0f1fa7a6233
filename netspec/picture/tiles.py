"""A convolution as tiles, after Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).

The input's elements are tiles, those of the padding dashed. The first window is filled where the kernel has weights,
which dilation holds apart; the next window's outline shows the stride. Beside it stands the output with both units.
"""

from __future__ import annotations

from netspec.graph import Node
from netspec.layers.reach import Window
from netspec.picture.canvas import Canvas, Circle, Group, Line, Words, rectangle
from netspec.picture.font import text_width
from netspec.picture.themes import Theme

TILE = 15.0
"""The side of a tile, in pixels."""
MOST = 12
"""The most tiles along an axis; larger maps are cut off."""
TITLE, NOTE, APART = 11.0, 9.0, 46.0

Item = Line | Circle | Words
Axis = tuple[int, int, int, int, int, int, int]
"""Kernel, stride, dilation, padding before and after, sizes of input and output along one axis."""


def axes_of(node: Node) -> list[Axis] | None:
    """The geometry of a layer that is a convolution over one or two axes; None of others."""
    geometry = getattr(node.layer, "geometry", None)
    shapes = node.input_shapes
    if geometry is None or not shapes or not isinstance(node.layer.receptive_field(shapes), Window):
        return None
    kernel, stride, dilation, padding = geometry(shapes)
    rows = zip(kernel, stride, dilation, padding, shapes[0][1:], node.output_shapes[0][1:], strict=True)
    found = [(k, s, d, before, after, n, m) for k, s, d, (before, after), n, m in rows]
    return found if len(found) <= 2 else None


def tiles(node: Node, theme: Theme, x: float, y: float) -> Canvas | None:
    """The first two steps of a convolution, at a place; None of another layer. Its size counts from the origin."""
    axes = axes_of(node)
    if axes is None:
        return None
    down, along = axes if len(axes) == 2 else ((1, 1, 1, 0, 0, 1, 1), axes[0])
    rows, columns = _shown(down), _shown(along)
    told = f"kernel {_of(axes, 0)}, stride {_of(axes, 1)}, dilation {_of(axes, 2)}, padding {_padding(axes)}"
    head = Words(f"{node.key}: {told}", x, y + TITLE, TITLE, theme.text)
    top = y + TITLE + 12
    inside = Group("tiles input", tuple(_input(down, along, rows, columns, theme, x, top)))
    first = Group("window", tuple(_window(down, along, rows, columns, theme, x, top)))
    following = Group("window next", tuple(_next(down, along, rows, columns, theme, x, top)))
    right = x + columns * TILE + APART
    high, wide = min(down[6], MOST), min(along[6], MOST)
    outputs = Group("tiles output", tuple(_output(along, high, wide, theme, right, top)))
    low = top + max(rows, high) * TILE
    whole = tuple([axis[3] + axis[5] + axis[4] for axis in (down, along)])
    padded = "input with padding" if any(axis[3] or axis[4] for axis in axes) else "input"
    notes = [padded + _cut((rows, columns), whole), "output" + _cut((high, wide), (down[6], along[6]))]
    texts = [
        Words(notes[0], x, low + NOTE + 4, NOTE, theme.faint),
        Words(notes[1], right, low + NOTE + 4, NOTE, theme.faint),
    ]
    if x + text_width(notes[0], NOTE) + 8 > right:
        texts[1] = Words(notes[1], right, top + high * TILE + NOTE + 4, NOTE, theme.faint)
        texts[0] = Words(notes[0], x, low + 2 * NOTE + 8, NOTE, theme.faint)
        low += NOTE + 4
    width = max(
        right + max(wide * TILE, text_width(notes[1], NOTE)),
        x + text_width(head.text, TITLE),
        x + text_width(notes[0], NOTE),
    )
    groups = (Group("title", (head,)), inside, first, following, outputs, Group("note", tuple(texts)))
    return Canvas(node.key, width, low + NOTE + 8, groups)


def _shown(axis: Axis) -> int:
    """Tiles of the padded input that are shown along an axis: two windows at least, where they fit."""
    kernel, stride, dilation, before, after, size, _ = axis
    return min(before + size + after, max(MOST, (kernel - 1) * dilation + 1 + stride))


def _input(down: Axis, along: Axis, rows: int, columns: int, theme: Theme, x: float, y: float) -> list[Item]:
    found: list[Item] = []
    for row in range(rows):
        for column in range(columns):
            padded = not (0 <= row - down[3] < down[5] and 0 <= column - along[3] < along[5])
            fill = None if padded else theme.families["input"]
            stroke = theme.frame if padded else theme.edge
            found.append(rectangle(x + column * TILE, y + row * TILE, TILE, TILE, stroke, fill, dashed=padded))
    return found


def _window(down: Axis, along: Axis, rows: int, columns: int, theme: Theme, x: float, y: float) -> list[Item]:
    """The elements that the first window multiplies with weights, and its outline."""
    taps = [(r * down[2], c * along[2]) for r in range(down[0]) for c in range(along[0])]
    fill = theme.families["convolution"]
    found: list[Item] = [
        rectangle(x + column * TILE + 2, y + row * TILE + 2, TILE - 4, TILE - 4, theme.edge, fill)
        for row, column in taps
        if row < rows and column < columns
    ]
    high, wide = min(_extent(down), rows), min(_extent(along), columns)
    outline = rectangle(x, y, wide * TILE, high * TILE, theme.text)
    return [*found, Line(outline.points, theme.text, width=1.8, closed=True)]


def _next(down: Axis, along: Axis, rows: int, columns: int, theme: Theme, x: float, y: float) -> list[Item]:
    """The outline of the window one step to the right, or else below."""
    right, below = (along[1], 0) if along[6] > 1 else (0, down[1])
    high, wide = _extent(down), _extent(along)
    if (along[6] < 2 and down[6] < 2) or right + wide > columns or below + high > rows:
        return []
    outline = rectangle(x + right * TILE, y + below * TILE, wide * TILE, high * TILE, theme.text)
    return [Line(outline.points, theme.text, width=1.2, closed=True, dashed=True)]


def _output(along: Axis, high: int, wide: int, theme: Theme, x: float, y: float) -> list[Item]:
    found: list[Item] = []
    second = (0, 1) if along[6] > 1 else (1, 0)
    for row in range(high):
        for column in range(wide):
            fill = theme.families["convolution" if (row, column) == (0, 0) else "input"]
            found.append(rectangle(x + column * TILE, y + row * TILE, TILE, TILE, theme.edge, fill))
            if (row, column) == second:
                found.append(
                    rectangle(x + column * TILE + 3, y + row * TILE + 3, TILE - 6, TILE - 6, theme.text, dashed=True)
                )
    return found


def _extent(axis: Axis) -> int:
    return (axis[0] - 1) * axis[2] + 1


def _of(axes: list[Axis], at: int) -> str:
    """``3×3``, or of equal strides and dilations one number."""
    values = [axis[at] for axis in axes]
    return str(values[0]) if at and len(set(values)) == 1 else "×".join(map(str, values))


def _padding(axes: list[Axis]) -> str:
    """``1``, or what lies before and after each axis, ``0+1``."""
    sides = [str(axis[3]) if axis[3] == axis[4] else f"{axis[3]}+{axis[4]}" for axis in axes]
    return sides[0] if len(set(sides)) == 1 else "×".join(sides)


def _cut(shown: tuple[int, ...], whole: tuple[int, ...]) -> str:
    """``: 12×12 of 30×30``, where a map is cut off."""
    extents = [[size for at, size in enumerate(sizes) if whole[at] > 1 or at] for sizes in (shown, whole)]
    return "" if shown == whole else f": {' of '.join('×'.join(map(str, sizes)) for sizes in extents)}"
