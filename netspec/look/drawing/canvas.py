"""The sheet that figures are drawn on: pixels at their places, words in sizes that half a slide can show.

Pillow puts pixels and words on it; axes are matplotlib's (`plot`), which takes a second to import.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np

from netspec.look.drawing.colours import shades
from netspec.look.drawing.letters import TEXT, TITLE, cut, lettered
from netspec.look.drawing.ticks import number, ticks
from netspec.look.figures import Array, Figure, Scale
from netspec.picture.themes import DARK, LIGHT, Theme

WIDTH, HEIGHT = 960, 540
"""Pixels of a sheet's width, which is half a slide's, and of the height that pictures try to keep to."""
MARGIN = 20
BAR = 104
"""Pixels of the width that a colour bar takes, with its numbers."""

_LINE = 21
"""Pixels from one line of words to the next."""
_COMPRESSION = 3
"""Zlib's level: higher ones make files a little smaller, and take far longer than the drawing."""

Side = Literal["start", "middle", "end"]
_SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}


class Sheet:
    """A sheet without anything on it.

    Args:
        theme: Its colours.
        height: Pixels of its height.
    """

    def __init__(self, theme: Theme, height: int) -> None:
        from PIL import Image

        self.theme, self.height = theme, height
        self.ground = Image.new("RGB", (WIDTH, height), theme.page or "#ffffff")

    def text(
        self,
        left: float,
        top: float,
        words: str,
        size: int = TEXT,
        *,
        across: Side = "start",
        down: Side = "start",
        colour: str | None = None,
        bold: bool = False,
        upright: bool = False,
    ) -> None:
        """A line of words at a place in pixels, which is at its start, its middle or its end along each axis."""
        if not words:
            return
        mask = lettered(words, size, bold, upright=upright)
        place = round(left - _SHARES[across] * mask.width), round(top - _SHARES[down] * mask.height)
        self.ground.paste(colour or self.theme.text, (*place, place[0] + mask.width, place[1] + mask.height), mask)

    def image(self, pixels: Array, left: int, top: int) -> None:
        """Colours, uint8 [H, W, 3], with their upper left corner at a place."""
        from PIL import Image

        self.ground.paste(Image.fromarray(pixels), (left, top))

    def bar(self, scale: Scale, top: int, height: int) -> None:
        """A colour bar at the right edge, with its numbers and their meaning."""
        left, wide = WIDTH - MARGIN - BAR + 24, 18
        ramp = shades(np.linspace(scale.high, scale.low, height)[:, None], scale, self.theme)
        self.image(np.repeat(ramp, wide, 1), left, top)
        span = scale.high - scale.low
        for tick in ticks(scale.low, scale.high, 4 if height < 240 else 6):
            place = top + (scale.high - tick) / span * height
            self.text(left + wide + 5, min(max(place, top + 6), top + height - 6), number(tick), down="middle")
        words = cut(scale.unit, height)
        self.text(left - 11, top + height / 2, words, across="middle", down="middle", upright=True)

    def png(self) -> bytes:
        """The sheet as PNG."""
        from PIL.PngImagePlugin import PngInfo

        made, stream = PngInfo(), io.BytesIO()
        made.add_text("Software", "netspec")
        self.ground.save(stream, "PNG", compress_level=_COMPRESSION, pnginfo=made)
        return stream.getvalue()


@contextmanager
def sheet(shown: Figure, theme: str, height: int) -> Iterator[Sheet]:
    """A sheet with a figure's title, so many pixels high below it."""
    made = Sheet(DARK if theme == "dark" else LIGHT, height + head(shown) + MARGIN)
    made.text(MARGIN, MARGIN - 8, cut(shown.title, WIDTH - 2 * MARGIN, TITLE, bold=True), TITLE, bold=True)
    for place, line in enumerate(_lines(shown)):
        made.text(MARGIN, MARGIN + 23 + _LINE * place, line, colour=made.theme.faint)
    yield made


def head(shown: Figure) -> int:
    """Pixels of the title and the lines below it."""
    return MARGIN + 32 + _LINE * len(_lines(shown))


def room(shown: Figure) -> int:
    """Pixels of the height that are left below the title."""
    return HEIGHT - head(shown) - MARGIN


def _lines(shown: Figure) -> list[str]:
    return [cut(line, WIDTH - 2 * MARGIN) for line in shown.subtitle.split("\n") if line][:4]
