"""Larger pictures beside each other, with captions, and numbers over them."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from netspec.look.drawing.canvas import BAR, MARGIN, WIDTH, Sheet, room, sheet
from netspec.look.drawing.colours import broken, rgb, shades
from netspec.look.drawing.letters import TEXT, cut
from netspec.look.drawing.raster import resized, scale_of
from netspec.look.figures import UNTINTED, Array, Panel, Panels, Scale
from netspec.picture.themes import DARK, LIGHT, Theme

_GAP, _CAPTION = 14, 24
_LEAST = 64
"""Pixels of a picture's height that are worth a look, whatever the sheet has room for."""
_KEYS, _LINE = 4, 24
"""Words of a line of the legend, and the pixels of its height."""
_OPACITY = 0.65
"""The share of the numbers' colour over an image, which is grey there."""


def draw_panels(shown: Panels, theme: str) -> bytes:
    """The figure as PNG."""
    count = len(shown.panels)
    sizes = [_size(panel) for panel in shown.panels]
    tall, wide = max(size[0] for size in sizes), max(size[1] for size in sizes)
    heats = [panel.heat.ravel() for panel in shown.panels if panel.heat is not None]
    note = broken(np.concatenate(heats)) if heats else ""
    noted = replace(shown, subtitle="\n".join(filter(None, (shown.subtitle, note))))
    legend = ceil(len(shown.legend) / _KEYS) * _LINE
    wide_room, tall_room = WIDTH - 2 * MARGIN - (BAR if shown.scale else 0), room(noted) - legend
    columns = shown.columns or _columns(count, wide, tall, wide_room, tall_room)
    rows = ceil(count / columns)
    across, down = wide_room // columns - _GAP, max(tall_room // rows - _CAPTION - _GAP, _LEAST)
    factor = min(across / wide, down / tall)
    width, height = max(1, round(wide * factor)), max(1, round(tall * factor))
    step = height + _CAPTION + _GAP
    colours = DARK if theme == "dark" else LIGHT
    whole = max(rows * step, 170 if shown.scale else 0) + legend
    with sheet(noted, theme, whole) as made:
        top = made.height - MARGIN - whole
        _legend(made, shown, made.height - MARGIN - legend, colours)
        for index, panel in enumerate(shown.panels):
            row, column = divmod(index, columns)
            left, upper = MARGIN + column * (across + _GAP), top + row * step
            made.text(left, upper, cut(panel.caption, across, TEXT))
            pixels = _pixels(panel, shown.scale, colours)
            own = scale_of(pixels.shape[1], pixels.shape[0], width, height)
            own = min(width / pixels.shape[1], height / pixels.shape[0]) if own < 4 else own
            shape = max(1, round(pixels.shape[1] * own)), max(1, round(pixels.shape[0] * own))
            drawn = resized(pixels, *shape)
            if panel.image is None and shown.scale is not None and shown.scale.signed:
                drawn = _edged(drawn, colours)  # 0 has the colour of the page
            made.image(drawn, left, upper + _CAPTION)
        if shown.scale is not None:
            made.bar(shown.scale, top + _CAPTION, max(min(rows * step - _CAPTION - _GAP, 420), 140))
        return made.png()


def _legend(made: Sheet, shown: Panels, top: int, theme: Theme) -> None:
    """Words below the pictures, with their colours."""
    wide = (WIDTH - 2 * MARGIN) // _KEYS
    for index, (shade, words) in enumerate(shown.legend):
        row, column = divmod(index, _KEYS)
        left, upper = MARGIN + column * wide, top + row * _LINE
        if shade == UNTINTED:
            empty = np.full((TEXT - 2, TEXT - 2, 3), rgb(theme.page or "#ffffff"), np.uint8)
            made.image(_edged(empty, theme), left, upper + 2)
        elif shade is not None:
            made.image(np.full((TEXT, TEXT, 3), shade, np.uint8), left, upper + 2)
        made.text(left + TEXT + 7, upper, cut(words, wide - TEXT - 16, TEXT))


def _edged(pixels: Array, theme: Theme) -> Array:
    """A picture with a line of one pixel around it."""
    edged: Array = np.empty((pixels.shape[0] + 2, pixels.shape[1] + 2, 3), np.uint8)
    edged[:] = rgb(theme.frame)
    edged[1:-1, 1:-1] = pixels
    return edged


def _size(panel: Panel) -> tuple[int, int]:
    array = panel.image if panel.image is not None else panel.heat
    if array is None:
        raise ValueError("a panel has an image, or numbers, or both")
    return array.shape[0], array.shape[1]


def _pixels(panel: Panel, scale: Scale | None, theme: Theme) -> Array:
    """The picture: the image alone, the numbers alone, or the numbers over the image in grey."""
    if panel.heat is None or scale is None:
        if panel.image is None:
            raise ValueError("numbers need a scale")
        return panel.image
    heat = shades(panel.heat, scale, theme)
    if panel.image is None:
        return heat
    heat = resized(heat, panel.image.shape[1], panel.image.shape[0])
    grey = panel.image.astype(np.float64) @ np.array((0.299, 0.587, 0.114))
    mixed = _OPACITY * heat + (1 - _OPACITY) * grey[..., None]
    broken_here = (heat == heat[0, 0]).all() and not np.isfinite(panel.heat).any()
    return heat if broken_here else mixed.round().astype(np.uint8)


def _columns(count: int, wide: int, tall: int, wide_room: int, tall_room: int) -> int:
    """The number of columns with which panels are largest, the fewest of these."""

    def size(columns: int) -> float:
        rows = ceil(count / columns)
        across, down = wide_room / columns - _GAP, tall_room / rows - _CAPTION - _GAP
        return min(across / wide, down / tall)

    return max(range(1, count + 1), key=size)
