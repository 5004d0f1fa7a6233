"""The anchors of a detector on an image: those of one position of each level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from netspec.look.figures import Array, Figure, Key, Panel, Panels
from netspec.look.method import Method, Options
from netspec.look.opened import Opened, Seen
from netspec.look.pyramid import Level, pyramid
from netspec.training.showing.pictures.palette import colour

_LEAST = 384
"""Pixels of the shorter side that an image is enlarged to before it is drawn on, so that lines stay thin."""

_DENSE, _LINE, _DOT = 32, 130, 260
"""The most positions along a side that are drawn: more would hide the image. Lines' widths and dots' along a side."""

_FEW = 2
"""The most levels of which the legend tells each."""

_LISTED = 9
"""The most anchors of a position that the legend tells."""


def _look(opened: Opened, images: Sequence[Seen], options: Options) -> Iterator[Figure]:
    """A figure for each image, with a panel for each level."""
    for seen in images:
        found = pyramid(opened, seen)
        panels = [_panel(index, level, found.image) for index, level in enumerate(found.levels)]
        count = sum(level.anchors[..., 0].size for level in found.levels)
        height, width = found.image.shape[:2]
        yield Panels(
            name=f"anchors-{seen.stem}",
            title=f"{seen.name}: {count:,} anchors",
            subtitle=f"seen as {height}x{width}; the anchors of a position in the middle, and points where few are",
            panels=panels,
            legend=_legend(found.levels),
            facts={
                "image": seen.name,
                "levels": [
                    {
                        "positions": list(level.anchors.shape[:2]),
                        "stride": level.stride if np.isfinite(level.stride) else None,
                        "anchors": [list(size) for size in _sizes(level)],
                    }
                    for level in found.levels
                ],
            },
        )


def _panel(index: int, level: Level, image: Array) -> Panel:
    """A level's positions on the image, and the anchors of its middle."""
    stride = f"{level.stride:.4g} pixels apart" if np.isfinite(level.stride) else "of one"
    return Panel(f"level {index}: {level.positions}, {stride}", _drawn(level, image))


def _drawn(level: Level, image: Array) -> Array:
    """The image, enlarged, with points and boxes."""
    factor = max(1, -(-_LEAST // min(image.shape[:2])))
    picture = Image.fromarray(np.repeat(np.repeat(image, factor, 0), factor, 1))
    pen = ImageDraw.Draw(picture)
    centres = level.anchors[:, :, 0].reshape(*level.anchors.shape[:2], 2, 2).mean(2) * factor
    side = min(picture.size)
    dot, line = max(1, side // _DOT), max(2, side // _LINE)
    if max(centres.shape[:2]) <= _DENSE:
        for across, down in centres.reshape(-1, 2).tolist():
            pen.rectangle((across - dot, down - dot, across + dot, down + dot), fill="white", outline="black")
    # The middle of the image: where it is padded, it is not that of the level.
    middle = np.array([image.shape[1], image.shape[0]]) * factor / 2
    row, column = np.unravel_index(np.abs(centres - middle).sum(-1).argmin(), centres.shape[:2])
    for number, box in enumerate((level.anchors[row, column] * factor).tolist()):
        pen.rectangle(box, outline=colour(number % _LISTED + 1), width=line)
    return np.asarray(picture)


def _sizes(level: Level) -> list[tuple[float, float]]:
    """Height and width of the anchors of a position."""
    boxes = level.anchors[0, 0]
    return [(float(bottom - top), float(right - left)) for left, top, right, bottom in boxes]


def _legend(levels: Sequence[Level]) -> list[tuple[Key, str]]:
    """The size of each anchor, from level to level, in its colour: height by width, to a pixel."""
    each = [_sizes(level) for level in levels]
    most = max(map(len, each))
    told: list[tuple[Key, str]] = []
    for number in range(min(most, _LISTED)):
        sizes = ["{:.0f}x{:.0f}".format(*own[number]) for own in each if number < len(own)]
        told.append((colour(number + 1), ", ".join(sizes) if len(sizes) <= _FEW else f"{sizes[0]} to {sizes[-1]}"))
    return told if most <= _LISTED else [*told, (None, f"and {most - _LISTED} more")]


METHOD = Method(
    "a detector's anchors on an image: those of one position of each level", _look, image=True, detectors="only"
)
