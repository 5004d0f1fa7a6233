"""The receptive field of a unit as windows on the maps before it, and a convolution's step as tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from netspec.graph import Graph, Node
from netspec.picture import captions
from netspec.picture.canvas import Canvas, Circle, Group, Line, Point, Words, rectangle
from netspec.picture.font import text_width
from netspec.picture.seen_windows import Interval, SeenMap, way
from netspec.picture.themes import Theme
from netspec.picture.tiles import tiles

LARGEST, LEAST, STRIP = 150.0, 26.0, 14.0
"""Extents of the largest map and the least, and the height of a map of one axis, in pixels."""
GAP, MARGIN = 30.0, 16.0
TITLE, NOTE = 10.0, 9.0
MOST_MAPS = 9
"""The most maps of a row."""

Item = Line | Circle | Words


def field(graph: Graph, node: Node, theme: Theme) -> Canvas:
    """The picture of the middle unit of a layer."""
    maps, left_out = _chosen(way(graph, node))
    columns = list(_columns(maps))
    wide = MARGIN + sum(width + GAP for width, *_ in columns) - GAP + MARGIN
    deepest = max(
        [_beyond(each, at) * scale for each, (_, _, _, scale) in zip(maps, columns, strict=True) for at in (0, 1)]
    )
    top, row = MARGIN + TITLE + 8 + deepest, max(height for _, _, height, _ in columns)
    groups, x = [], MARGIN
    corners: list[tuple[Point, Point]] = []
    for each, (column, width, height, scale) in zip(maps, columns, strict=True):
        left, upper = x + (column - width) / 2, top + (row - height) / 2
        group, corner = _map(each, theme, (left, upper, width, height), scale, each is maps[-1])
        texts = _texts(each, theme, x + column / 2, top + row + deepest + TITLE + 4)
        groups.append(replace(group, items=(*group.items, *texts)))
        corners.append(corner)
        x += column + GAP
    rays = []
    for (upper_left, lower_right), (following, last) in pairwise(corners):
        rays.append(Line(((lower_right[0], upper_left[1]), following), theme.edge, width=0.5))
        rays.append(Line((lower_right, (following[0], last[1])), theme.edge, width=0.5))
    title = f"what the middle unit of {node.key} sees"
    low = top + row + deepest + TITLE + 2 * NOTE + 18
    if left_out:
        text = f"{left_out} more map{'s' if left_out > 1 else ''} between are left out"
        groups.append(Group("note", (Words(text, MARGIN, low + NOTE, NOTE, theme.faint),)))
        low += NOTE + 6
    head = Group("title", (Words(title, MARGIN, MARGIN + TITLE * 0.6, TITLE + 1, theme.text),))
    wide = max(wide, text_width(title, TITLE + 1) + 2 * MARGIN)
    groups = [head, *groups, Group("rays", tuple(rays))]
    step = tiles(node, theme, MARGIN, low + MARGIN)
    if step is not None:
        groups.extend(step.groups)
        wide, low = max(wide, step.width + MARGIN), step.height
    return Canvas(f"{graph.name}: {node.key}", wide, low + MARGIN, tuple(groups))


def _chosen(maps: Sequence[SeenMap]) -> tuple[list[SeenMap], int]:
    """The maps that are drawn, without those that are seen as the next is; of many, the last of each size."""
    kept = [
        each
        for each, following in zip(maps, [*maps[1:], None], strict=True)
        if following is None or each is maps[0] or _looks(each) != _looks(following)
    ]
    if len(kept) <= MOST_MAPS:
        return kept, 0
    last = {each.shape[1:]: each for each in kept[1:]}
    few = [kept[0], *[each for each in kept[1:] if last[each.shape[1:]] is each]]
    few = few if len(few) <= MOST_MAPS else [*few[:4], *few[-(MOST_MAPS - 4) :]]
    return few, len(kept) - len(few)


def _looks(each: SeenMap) -> tuple[object, ...]:
    return each.shape[1:], each.seen[1:]


def _plane(each: SeenMap) -> tuple[tuple[int, Interval | None], tuple[int, Interval | None]]:
    """Sizes and seen elements down and across; a map of one axis lies across, a vector too."""
    if len(each.shape) > 2:
        return (each.shape[-2], each.seen[-2]), (each.shape[-1], each.seen[-1])
    return (1, (0, 0)), (each.shape[-1] if each.shape else 1, each.seen[-1] if each.seen else (0, 0))


def _columns(maps: Sequence[SeenMap]) -> Iterator[tuple[float, float, float, float]]:
    """The width of each map's column, its own width and height, and the pixels of an element."""
    largest = max(max(size for size, _ in _plane(each)) for each in maps)
    for each in maps:
        (high, _), (wide, _) = _plane(each)
        scale = LARGEST / largest
        scale = max(scale, min(LEAST / max(high, wide), LARGEST))
        width, height = wide * scale, high * scale
        if len(each.shape) < 3:
            height = STRIP
        spare = _beyond(each, 1) * scale
        text = max(text_width(each.key, TITLE), text_width(_note(each), NOTE), text_width(_says(each), NOTE))
        yield max(width + 2 * spare, text), width, max(height, 3.0), scale


def _beyond(each: SeenMap, at: int) -> int:
    """Elements that a window reaches beyond a map, at most, on either side."""
    size, seen = _plane(each)[at]
    return 0 if seen is None else max(0, -seen[0], seen[1] - size + 1)


def _map(
    each: SeenMap, theme: Theme, place: tuple[float, float, float, float], scale: float, target: bool
) -> tuple[Group, tuple[Point, Point]]:
    """A map with its window, dashed in the padding; and the window's upper left and lower right corner."""
    left, top, width, height = place
    (high, down), (wide, along) = _plane(each)
    flat = height / high
    x, w = _window(along, wide, left, scale)
    y, h = _window(down, high, top, flat)
    items: list[Item] = [rectangle(left, top, width, height, theme.edge, theme.families["input"])]
    beyond = _beyond(each, 0) or _beyond(each, 1)
    if beyond:
        items.append(rectangle(x, y, w, h, theme.edge, dashed=True))
    cx, cy = max(x, left), max(y, top)
    cw, ch = min(x + w, left + width) - cx, min(y + h, top + height) - cy
    fill = theme.families["pool" if target else "convolution"]
    if cw > 0 and ch > 0:
        items.append(rectangle(cx, cy, max(cw, 1.0), max(ch, 1.0), theme.text, fill))
    seen = " ".join("unknown" if each_ is None else f"{each_[0]}..{each_[1]}" for each_ in each.seen)
    data = (("path", each.key), ("shape", " ".join(map(str, each.shape))), ("seen", seen))
    return Group("map", tuple(items), data), ((x, y), (x + w, y + h))


def _window(seen: Interval | None, size: int, start: float, scale: float) -> tuple[float, float]:
    """Where a window begins and how far it reaches, in pixels; one that is unknown takes the whole."""
    first, last = (0, size - 1) if seen is None else seen
    return start + first * scale, (last - first + 1) * scale


def _texts(each: SeenMap, theme: Theme, middle: float, y: float) -> list[Words]:
    lines = [(each.key, TITLE, theme.text), (_note(each), NOTE, theme.faint), (_says(each), NOTE, theme.faint)]
    found = []
    for text, size, colour in lines:
        found.append(Words(text, middle, y, size, colour, "middle"))
        y += size + 3
    return found


def _note(each: SeenMap) -> str:
    return captions.size(each.shape)


def _says(each: SeenMap) -> str:
    """``9×9 of it``: the window's size, with the padding."""
    axes = each.seen[1:] if len(each.seen) > 1 else each.seen
    if any(seen is None for seen in axes):
        return "an unknown part"
    sizes = tuple([seen[1] - seen[0] + 1 for seen in axes if seen is not None])
    return f"window {captions.size(sizes)}"
