"""PNG, drawn from the SVG by resvg."""

from __future__ import annotations

from dataclasses import replace

from netspec.picture.picture import Picture
from netspec.picture.units import inches
from netspec.picture.writers import require, svg

SUFFIXES = (".png",)
GRAPHS_ALONE = False

ZOOM = 2.0
"""Pixels for each unit of a drawing whose width is not given."""
DOTS_PER_INCH = 300.0
"""The resolution of a picture whose width is given."""
MOST_PIXELS = 2**26
"""The largest number of pixels of a picture; a larger one is drawn coarser."""


def write(picture: Picture) -> bytes:
    """A picture as a PNG file.

    Raises:
        NetspecError: NS0904: resvg is not installed.
    """
    require("PNG", "resvg_py")
    import resvg_py

    drawing = picture.drawing
    width = drawing.width * ZOOM if picture.width is None else inches(picture.width) * DOTS_PER_INCH
    high = drawing.height / drawing.width
    width = min(width, (MOST_PIXELS / high) ** 0.5)
    return bytes(resvg_py.svg_to_bytes(svg_string=svg.write(replace(picture, width=None)), width=max(round(width), 1)))
