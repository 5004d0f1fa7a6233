"""Feature maps as boxes to scale, as LeNet's, AlexNet's and VGG's own figures draw them.

The flow runs to the right. A map of [C, H, W] is a box as high as H, as deep as W, and as thick as its channels ask
for; vectors are bars. What keeps a map as it is (norms, activations) belongs to the map before. Where maps shrink, grow
again and are joined with earlier ones, as in a U-Net, each resolution has a height of its own: the picture is a U. The
kernel stands on the map that it slides over, and points at the element that it makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import log2, sqrt

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.diagnostics import Code, NetspecError
from netspec.layers.reach import Window
from netspec.objects.immutable import immutable
from netspec.picture.building import MOST_BOXES, scene
from netspec.picture.font import text_width
from netspec.picture.scene import Box, Scene
from netspec.picture.volume_shapes import GAP, NOTE, TITLE, Kernel, Point, Volume, Volumes
from netspec.shape import Shape

TALLEST = 150.0
"""The height of the largest map, in pixels."""
LEAST, THICKEST, BAR = 3.0, 48.0, 5.0
"""The least extent of anything, the largest thickness, and the thickness of vectors."""
MARGIN, STEP = 14.0, 26.0
"""The space around everything, and from the bottom of one resolution of a U to the next."""
MOST_SHEETS = 16
"""The largest number of maps of a volume that are drawn as sheets."""
MOST = 80
"""The largest number of maps in a row."""


@immutable
class _Scale:
    """The pixels of one element of a map, and the channels of the thickest map."""

    pixels: float
    channels: int


def line_scene(analysis: Analysis, level: int | None) -> Scene:
    """The scene that is drawn as volumes: that of a level, or the deepest that is a line of at most `MOST_BOXES` maps.

    Raises:
        NetspecError: NS0911: branches stand in it side by side, or it has more than `MOST` maps.
    """
    found = None
    shown = scene(analysis, 1 if level is None else level, ("kernel",), one_shape=True)
    while is_line(shown):
        if found is not None and len(_mapped(shown)[0]) > MOST_BOXES:
            break
        found = shown
        if level is not None or shown.complete:
            break
        shown = scene(analysis, shown.level + 1, ("kernel",), one_shape=True)
    if found is None:
        message = f"`{shown.name}` has branches side by side, which a line of volumes does not show"
        raise NetspecError.of(Code.UNKNOWN_FORMAT, message, help="draw it as a graph, or fold them: --level 1")
    return found


def is_line(shown: Scene) -> bool:
    """Whether every map of a scene comes from the one before, whatever else flows in, and they are at most `MOST`."""
    boxes, sources = _mapped(shown)
    return len(boxes) <= MOST and all(before.number in sources[box.number] for before, box in pairwise(boxes))


def volumes(analysis: Analysis, shown: Scene) -> Volumes:
    """The volumes of a scene that `is_line`."""
    boxes, sources = _mapped(shown)
    shapes = [_shape(analysis, box) for box in boxes]
    maps = [shape for shape in shapes if len(shape) > 1]
    largest = max([size for shape in maps for size in shape[1:][-2:]], default=1)
    scale = _Scale(TALLEST / largest, max([shape[0] for shape in maps], default=1))
    place = {box.number: index for index, box in enumerate(boxes)}
    passing = [
        (place[source], index)
        for index, box in enumerate(boxes)
        for source in sorted(sources[box.number])
        if place[source] < index - 1
    ]
    halved = _levels(shapes)
    grows = any(after < before for before, after in pairwise(halved))
    levels = halved if passing and grows else [0] * len(boxes)
    made = list(_placed(boxes, shapes, levels, scale))
    lines, highest = _lines(boxes, made, passing)
    up = MARGIN - highest
    moved = tuple([replace(each, y=each.y + up) for each in made])
    low = max(each.y + each.high for each in moved) + TITLE + NOTE + 12
    wide = max(each.end for each in made) + MARGIN
    shifted = tuple([(a, b, tuple([(x, y + up) for x, y in corners])) for a, b, corners in lines])
    return Volumes(shown, wide, low + MARGIN, moved, tuple(_kernels(analysis, moved, scale)), shifted)


def _mapped(shown: Scene) -> tuple[list[Box], dict[int, set[int]]]:
    """The boxes whose maps are drawn, with what only keeps a map added to it, and the drawn ones each takes from."""
    takes: dict[int, list[int]] = {box.number: [] for box in shown.boxes}
    for edge in shown.edges:
        takes[edge.target].append(edge.source)
    stands: dict[int, int] = {}
    drawn: dict[int, Box] = {}
    sources: dict[int, set[int]] = {}
    last = -1
    for box in shown.boxes:
        given = [stands[source] for source in takes[box.number] if source in stands]
        if box.role == "output" or box.aside:
            continue
        beside = box.family in ("reshape", "pool") and not box.params and len(given) == 1 and given[0] != last
        if len(given) == 1 and (box.minor or beside):
            stands[box.number] = given[0]
            drawn[given[0]] = _with(drawn[given[0]], box)
            continue
        stands[box.number] = last = box.number
        drawn[box.number], sources[box.number] = box, set(given)
    return list(drawn.values()), sources


def _with(box: Box, kept: Box) -> Box:
    """A box that counts for another one as well."""
    return replace(
        box,
        keys=(*box.keys, *kept.keys),
        params=total((box.params, kept.params)),
        macs=total((box.macs, kept.macs)),
        bytes=total((box.bytes, kept.bytes)),
    )


def _shape(analysis: Analysis, box: Box) -> Shape:
    if box.role == "input":
        return analysis.graph.inputs[box.path].shape
    return analysis.graph.nodes[box.makes].output_shapes[0]


def note(shape: Shape) -> str:
    """``6@28×28``: channels, then the map."""
    if len(shape) < 2:
        return str(shape[0]) if shape else "1"
    return f"{shape[0]}@{'×'.join(map(str, shape[1:]))}"


def _levels(shapes: Sequence[Shape]) -> list[int]:
    """How often each map was halved on the way to it, less how often it was doubled."""
    levels, before = [0], max(shapes[0][1:], default=1)
    for shape in shapes[1:]:
        size = max(shape[1:], default=before)
        levels.append(levels[-1] + round(log2(before / size)))
        before = size
    return levels


def _extents(shape: Shape, scale: _Scale) -> tuple[float, float, float]:
    """Thickness, height and depth."""
    if len(shape) < 2:
        return BAR, max(LEAST, min(TALLEST, 2.4 * sqrt(shape[0] if shape else 1))), BAR
    thick = max(LEAST, THICKEST * sqrt(shape[0] / scale.channels))
    high, wide = (shape[-2], shape[-1]) if len(shape) > 2 else (shape[-1], 1)
    return thick, max(LEAST, high * scale.pixels), max(LEAST, wide * scale.pixels)


def _placed(boxes: Sequence[Box], shapes: Sequence[Shape], levels: Sequence[int], scale: _Scale) -> Iterator[Volume]:
    """Volumes in columns that never overlap: each as wide as its box or its texts."""
    x = MARGIN
    heights: dict[int, float] = {}
    for shape, level in zip(shapes, levels, strict=True):
        heights[level] = max(heights.get(level, 0.0), _extents(shape, scale)[1])
    middles, y = {}, 0.0
    for level in sorted(heights):
        middles[level] = y + heights[level] / 2
        y += heights[level] + STEP + TITLE + NOTE
    for box, shape, level in zip(boxes, shapes, levels, strict=True):
        thick, high, deep = _extents(shape, scale)
        sheets = shape[0] if len(shape) > 1 and shape[0] <= MOST_SHEETS else 1
        told = Volume(box, note(shape), sheets, 0.0, middles[level] - high / 2, thick, high, deep, 0.0, 0.0)
        column = max(_extent(told), _text(told))
        yield replace(told, x=x + (column - _extent(told)) / 2, middle=x + column / 2, end=x + column)
        x += column + GAP


def _extent(volume: Volume) -> float:
    return volume.thick + volume.slant[0]


def _text(volume: Volume) -> float:
    return max(text_width(volume.title, TITLE), text_width(volume.note, NOTE))


def _lines(
    boxes: Sequence[Box], made: Sequence[Volume], passing: Sequence[tuple[int, int]]
) -> tuple[list[tuple[Box, Box, tuple[Point, ...]]], float]:
    """Lines over what lies between their ends, the shorter ones below the longer; and the top of everything."""
    tops = [each.y + each.slant[1] for each in made]
    highest = min(tops)
    lines: list[tuple[Box, Box, tuple[Point, ...]]] = []
    for first, last in sorted(passing, key=lambda ends: ends[1] - ends[0]):
        level = min(tops[first : last + 1]) - 12.0
        highest = min(highest, level)
        start, stop = (made[at].x + made[at].thick / 2 + made[at].slant[0] for at in (first, last))
        begin, end = (made[at].y + made[at].slant[1] for at in (first, last))
        lines.append((boxes[first], boxes[last], ((start, begin), (start, level), (stop, level), (stop, end))))
        for index in range(first, last + 1):
            tops[index] = min(tops[index], level) if first < index < last else tops[index]
    return lines, highest


def _kernels(analysis: Analysis, made: Sequence[Volume], scale: _Scale) -> Iterator[Kernel]:
    for before, volume in pairwise(made):
        if volume.box.role != "layer":
            continue
        node = analysis.graph.nodes[volume.box.makes]
        seen = node.layer.receptive_field(node.input_shapes)
        if len(node.inputs) == 1 and isinstance(seen, Window) and seen.kernel and max(seen.kernel) > 1:
            high, wide = (seen.kernel[-2], seen.kernel[-1]) if len(seen.kernel) > 1 else (seen.kernel[0], 1)
            point = (volume.x, volume.y + volume.high / 2) if before.faces(volume) else None
            yield before.window(high * scale.pixels, wide * scale.pixels), point
