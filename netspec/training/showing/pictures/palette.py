"""The colours of classes in masks: those of Okabe and Ito first, then hues that turn by the golden angle."""

from __future__ import annotations

import colorsys

_FIRST = (
    (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167),
)  # fmt: skip
"""Black for class 0, the background of most sets; colours that all eyes tell apart for the next seven."""

_GOLDEN = 0.618034


def colour(label: int) -> tuple[int, int, int]:
    """Red, green and blue of a class by its number, from 0 to 255."""
    if label < len(_FIRST):
        return _FIRST[label]
    red, green, blue = colorsys.hsv_to_rgb(label * _GOLDEN % 1, 0.55 + 0.15 * (label % 3), 0.95 - 0.2 * (label % 2))
    return round(255 * red), round(255 * green), round(255 * blue)


def palette() -> list[int]:
    """The colours of 256 classes one after the other, as an indexed PNG has them."""
    return [value for label in range(256) for value in colour(label)]
