"""The sheet that figures are drawn on: pixels at their places, words in sizes that half a slide can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.diagnostics.styled import shortened, visible
from netspec.look.drawing.colours import shades
from netspec.look.figures import Array, Figure, Scale
from netspec.picture.themes import DARK, LIGHT, Theme
from netspec.training.showing.pictures.style import figure, png

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

WIDTH = 960
"""Pixels of a sheet's width: half a slide."""
MARGIN = 20
TITLE, TEXT = 19, 15
"""Pixels of the letters of titles, and of all other words."""
BAR = 104
"""Pixels of the width that a colour bar takes, with its numbers."""

_DOTS = 100
_PER_LETTER = 0.6
"""The mean width of a letter, in heights."""


class Sheet:
    """A sheet with its title.

    Args:
        drawn: An empty figure of the sheet's size.
        theme: Its colours.
        height: Pixels of its height.
    """

    def __init__(self, drawn: Drawn, theme: Theme, height: int) -> None:
        self.drawn, self.theme, self.height = drawn, theme, height

    def text(self, left: float, top: float, words: str, size: int = TEXT, **style: Any) -> None:
        """Words with their upper left corner at a place in pixels from above."""
        given = {"va": "top", "ha": "left", "color": self.theme.text, **style}
        self.drawn.text(left / WIDTH, 1 - top / self.height, words, fontsize=points(size), **given)

    def image(self, pixels: Array, left: int, top: int) -> None:
        """Colours, uint8 [H, W, 3], with their upper left corner at a place."""
        self.drawn.figimage(pixels, left, self.height - top - pixels.shape[0], origin="upper")

    def bar(self, scale: Scale, top: int, height: int) -> None:
        """A colour bar at the right edge, with its numbers and their meaning."""
        from matplotlib.ticker import MaxNLocator

        left, wide = WIDTH - MARGIN - BAR + 24, 18
        ramp = shades(np.linspace(scale.high, scale.low, height)[:, None], scale, self.theme)
        self.image(np.repeat(ramp, wide, 1), left, top)
        span = scale.high - scale.low
        ticks = MaxNLocator(4 if height < 240 else 6).tick_values(scale.low, scale.high)
        for tick in ticks:
            if scale.low - 1e-9 * span <= tick <= scale.high + 1e-9 * span:
                place = top + (scale.high - tick) / span * height
                shown = f"{0 if abs(tick) < 1e-9 * span else tick:.3g}"
                self.text(left + wide + 5, min(max(place, top + 6), top + height - 6), shown, va="center")
        words = cut(scale.unit, height, TEXT)
        self.text(left - 9, top + height / 2, words, va="center", ha="center", rotation=90)

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes in a place of pixels, in the sheet's colours."""
        box = (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        axes = self.drawn.add_axes(box, facecolor=self.theme.page or "none")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(self.theme.edge)
        axes.tick_params(colors=self.theme.text, labelsize=points(TEXT), color=self.theme.edge, length=4)
        axes.grid(axis="y", color=self.theme.frame, linewidth=0.6, alpha=0.5)
        axes.set_axisbelow(True)
        return axes

    def png(self) -> bytes:
        """The sheet as PNG."""
        return png(self.drawn)


@contextmanager
def sheet(shown: Figure, theme: str, height: int) -> Iterator[Sheet]:
    """A sheet with a figure's title, so many pixels high below it.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    colours = DARK if theme == "dark" else LIGHT
    whole = height + head(shown) + MARGIN
    ground = colours.page or "white"
    with figure(WIDTH / _DOTS, whole / _DOTS, _DOTS, ground, None) as drawn:
        made = Sheet(drawn, colours, whole)
        made.text(MARGIN, MARGIN - 4, cut(shown.title, WIDTH - 2 * MARGIN, TITLE), TITLE, weight="bold")
        for number, line in enumerate(_lines(shown)):
            made.text(MARGIN, MARGIN + 26 + 21 * number, line, color=colours.faint)
        yield made


def head(shown: Figure) -> int:
    """Pixels of the title and the lines below it."""
    return MARGIN + 32 + 21 * len(_lines(shown))


def _lines(shown: Figure) -> list[str]:
    return [cut(line, WIDTH - 2 * MARGIN, TEXT) for line in shown.subtitle.split("\n") if line][:4]


def cut(words: str, width: float, size: int) -> str:
    """Words that fit into so many pixels."""
    return shortened(visible(words), max(4, int(width / (_PER_LETTER * size))))


def points(pixels: float) -> float:
    """The size of letters, as matplotlib counts it."""
    return pixels * 72 / _DOTS
