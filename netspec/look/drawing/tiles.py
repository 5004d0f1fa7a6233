"""Small pictures of one size, in rows."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from netspec.look.drawing.canvas import BAR, MARGIN, WIDTH, room, sheet
from netspec.look.drawing.colours import broken, rgb, shades
from netspec.look.drawing.letters import TEXT, cut
from netspec.look.drawing.raster import fitted, scale_of
from netspec.look.figures import Tiles
from netspec.picture.themes import DARK, LIGHT

_GAP = 4
_NUMBER, _LABEL = 46, 24
"""Pixels before each row for its number, and under each tile for its label."""


def draw_tiles(shown: Tiles, theme: str) -> bytes:
    """The figure as PNG."""
    count, tall, wide = shown.tiles.shape[:3]
    label = _LABEL if shown.labels else 0
    number = _NUMBER if count > 1 and (shown.rows or not shown.labels) else 0
    note = "" if shown.scale is None else broken(shown.tiles)
    counted = "the number before a row is its first one's" if number and not shown.rows else ""
    words = "; ".join(filter(None, (shown.subtitle, counted)))
    noted = replace(shown, subtitle="\n".join(filter(None, (words, note))))
    wide_room, tall_room = WIDTH - 2 * MARGIN - number - (BAR if shown.scale else 0), room(noted)
    columns = shown.columns or _columns(count, wide, tall, (wide_room, tall_room), label)
    rows = ceil(count / columns)
    across, down = wide_room // columns - _GAP, max(1, tall_room // rows - label - _GAP)
    factor = scale_of(wide, tall, max(1, across), down)
    width, height = max(1, round(wide * factor)), max(1, round(tall * factor))
    step = height + _GAP + label
    colours = DARK if theme == "dark" else LIGHT
    shaded = shown.tiles if shown.scale is None else shades(shown.tiles, shown.scale, colours)
    edged = shown.scale is None or shown.scale.signed  # white, or 0, has the colour of the page
    whole = max(rows * step, 170 if shown.scale else 0)
    with sheet(noted, theme, whole) as made:
        top = made.height - MARGIN - whole
        left = MARGIN + number
        field = np.empty((rows * step, columns * (width + _GAP), 3), np.uint8)
        field[:] = rgb(colours.page or "#ffffff")
        for index, tile in enumerate(shaded):
            row, column = divmod(index, columns)
            part = fitted(np.ascontiguousarray(tile), width, height)
            y, x = row * step + 1, column * (width + _GAP) + 1
            down, across = part.shape[:2]
            if edged:
                field[y - 1 : y + down + 1, x - 1 : x + across + 1] = rgb(colours.frame)
            field[y : y + down, x : x + across] = part
        made.image(field, left, top)
        for row in range(rows if number else 0):
            if step >= TEXT or row % ceil(TEXT / step) == 0:
                words = shown.rows[row] if shown.rows else str(row * columns)
                made.text(left - 8, top + row * step + height / 2, words, across="end", down="middle")
        for index, words in enumerate(shown.labels):
            row, column = divmod(index, columns)
            made.text(left + column * (width + _GAP), top + row * step + height + 3, cut(words, width, TEXT))
        if shown.scale is not None:
            made.bar(shown.scale, top, max(min(rows * step - _GAP, 420), 140))
        return made.png()


def _columns(count: int, wide: int, tall: int, room: tuple[int, int], label: int) -> int:
    """The number of columns with which tiles are largest, the most of these."""
    best, found = 0.0, 1
    for columns in range(1, count + 1):
        rows = ceil(count / columns)
        down = (room[1] - rows * (_GAP + label)) // rows
        across = room[0] // columns - _GAP
        if across < 1:
            break
        if down >= 1 and (size := scale_of(wide, tall, across, down)) >= best:
            best, found = size, columns
    return found
