"""Letters of figures: matplotlib's DejaVu Sans where it is installed, and the width of words in it.

The font's file is read; matplotlib itself is not imported, which would take longer than to draw all figures of a look.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.styled import shortened, visible

if TYPE_CHECKING:
    from PIL.Image import Image

TITLE, TEXT = 19, 15
"""Pixels of the letters of titles, and of all other words: as large as half a slide needs them."""

_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
_MOST = 256
"""The most letters of a line, however narrow they are."""


@cache
def font(size: int, bold: bool = False) -> Any:
    """The font in a size; Pillow's own where matplotlib's is not there."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    if found is not None and found.origin is not None:
        file = Path(found.origin).parent / "mpl-data/fonts/ttf" / _FILES[bold]
        if file.is_file():
            return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.load_default(size)


def width_of(words: str, size: int = TEXT, bold: bool = False) -> float:
    """The pixels that a line of words is wide."""
    width: float = font(size, bold).getlength(words)
    return width


def cut(words: str, width: float, size: int = TEXT, bold: bool = False) -> str:
    """Words that fit into so many pixels, with an ellipsis where some are left out; at least one letter stays.

    A sentence keeps its beginning; a path of a layer or of a file its end, which tells it from its neighbours.
    """
    shown = shortened(visible(words), _MOST)
    least, most = 1, len(shown)
    if width_of(shown, size, bold) <= width:
        return shown
    path = " " not in shown

    def part(length: int) -> str:
        return f"…{shown[-length:].lstrip('.')}" if path else f"{shown[:length].rstrip()}…"

    while least < most:  # the longest part that fits
        middle = (least + most + 1) // 2
        if width_of(part(middle), size, bold) <= width:
            least = middle
        else:
            most = middle - 1
    return part(least)


def lettered(words: str, size: int = TEXT, bold: bool = False, *, upright: bool = False) -> Image:
    """A line of words as a mask of 8 bits; `upright` has it turned, to be read from below."""
    from PIL import Image, ImageDraw

    drawn = font(size, bold)
    rise, fall = drawn.getmetrics()
    mask = Image.new("L", (max(1, round(drawn.getlength(words)) + 1), rise + fall))
    ImageDraw.Draw(mask).text((0, 0), words, fill=255, font=drawn)
    return mask.transpose(Image.Transpose.ROTATE_90) if upright else mask
