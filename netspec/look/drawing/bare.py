"""Tiles alone, a pixel for each number, without words: for pages, which enlarge them and set their own words."""

from __future__ import annotations

import io
from math import ceil, sqrt

import numpy as np

from netspec.look.drawing.colours import shades
from netspec.look.figures import Tiles
from netspec.picture.themes import LIGHT

_BETWEEN = 128
"""The grey between tiles, which suits a light page as it does a dark one."""


def bare_tiles(shown: Tiles) -> bytes:
    """The tiles as PNG, a pixel apart; below them a strip has the colours of the scale."""
    from PIL import Image

    count, tall, wide = shown.tiles.shape[:3]
    columns = shown.columns or ceil(sqrt(count))
    rows = ceil(count / columns)
    height, width = rows * (tall + 1) - 1, columns * (wide + 1) - 1
    strip = 0 if shown.scale is None else ceil(width / 40)
    whole = np.full((height + (strip and strip + 1), width, 3), _BETWEEN, np.uint8)
    shaded = shown.tiles if shown.scale is None else shades(shown.tiles, shown.scale, LIGHT)
    for index, tile in enumerate(shaded):
        row, column = divmod(index, columns)
        y, x = row * (tall + 1), column * (wide + 1)
        whole[y : y + tall, x : x + wide] = tile
    if shown.scale is not None:
        whole[-strip:] = shades(np.linspace(shown.scale.low, shown.scale.high, width), shown.scale, LIGHT)
    file = io.BytesIO()
    Image.fromarray(whole).save(file, "PNG")
    return file.getvalue()
