"""Figures as PNG, 960 pixels wide, in light or dark colours. Needs Pillow."""

from __future__ import annotations

from netspec.look.drawing.charts import draw_charts, draw_points
from netspec.look.drawing.panels import draw_panels
from netspec.look.drawing.tiles import draw_tiles
from netspec.look.figures import Charts, Figure, Panels, Points, Tiles

THEMES = ("light", "dark")
"""The names of the colours that figures can be drawn in."""


def draw(shown: Figure, theme: str = "light") -> bytes:
    """A figure as PNG."""
    match shown:
        case Tiles():
            return draw_tiles(shown, theme)
        case Panels():
            return draw_panels(shown, theme)
        case Charts():
            return draw_charts(shown, theme)
        case Points():
            return draw_points(shown, theme)
    raise TypeError(f"a {type(shown).__name__} is no figure that can be drawn")
