"""Axes of matplotlib's on a sheet: in its colours, at places in its pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec.look.drawing.canvas import MARGIN, WIDTH, Sheet
from netspec.look.drawing.letters import TEXT
from netspec.look.figures import Array
from netspec.training.showing.pictures.style import figure, pixels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOTS = 100
_MOST = 1e100
"""The largest number that is shown at its own place: beyond it, matplotlib's own arithmetic ends."""


class Plot:
    """A figure of matplotlib's that lies on a sheet.

    Args:
        drawn: The figure, as wide as the sheet.
        made: The sheet.
        height: Pixels of the figure's height.
    """

    def __init__(self, drawn: Figure, made: Sheet, height: int) -> None:
        self.drawn, self.theme, self.height = drawn, made.theme, height

    def axes(self, left: int, top: int, width: int, height: int) -> Any:
        """Axes in a place of pixels from the figure's upper left corner."""
        box = (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        axes = self.drawn.add_axes(box, facecolor="none")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(self.theme.edge)
        axes.tick_params(colors=self.theme.text, labelsize=points(TEXT), color=self.theme.edge, length=4)
        axes.grid(axis="y", color=self.theme.frame, linewidth=0.6, alpha=0.5)
        axes.set_axisbelow(True)
        return axes

    def words(self) -> dict[str, Any]:
        """The letters of an axis's meaning."""
        return {"fontsize": points(TEXT), "color": self.theme.text}

    def keys(self) -> dict[str, Any]:
        """The letters and the frame of a legend."""
        return {"fontsize": points(TEXT), "labelcolor": self.theme.text, "frameon": False, "borderaxespad": 0}


@contextmanager
def plotted(made: Sheet, height: int) -> Iterator[Plot]:
    """A figure below a sheet's title, so many pixels high; what is drawn is put on the sheet at the end.

    Raises:
        NetspecError: NS0904: matplotlib is not installed.
    """
    with figure(WIDTH / _DOTS, height / _DOTS, _DOTS, made.theme.page or "white", None) as drawn:
        yield Plot(drawn, made, height)
        made.image(pixels(drawn), 0, made.height - MARGIN - height)


def points(size: float) -> float:
    """The size of letters, as matplotlib counts it, for one in pixels."""
    return size * 72 / _DOTS


def places(values: Sequence[float] | Array) -> Array:
    """Numbers as far as they can be shown: nan for those that are not finite, and the largest for those beyond it."""
    found = np.array(values, float)
    found[~np.isfinite(found)] = np.nan
    clipped: Array = np.clip(found, -_MOST, _MOST)
    return clipped
