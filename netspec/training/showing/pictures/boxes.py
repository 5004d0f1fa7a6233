"""Boxes over an image, each with its class and score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.diagnostics.styled import printable
from netspec.training.showing.pictures.palette import colour
from netspec.training.showing.pictures.shown_size import resized, shown_size

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from netspec.training.judging.heads import FoundBox

_WIDTH, _FONT, _INSET = 2, 13, 3
"""Pixels: of a box's line, of the letters, around a label's text."""

_NAME = 40
"""Characters of a class's name that are shown."""

_DARK = 150
"""The brightness, of 255, from which a label's letters are dark."""


def boxes_over(image: Image, boxes: Sequence[FoundBox], classes: Sequence[str]) -> Image:
    """An image with the boxes over it, a colour for each class; those of higher scores lie over the others.

    Args:
        image: In colour.
        boxes: In the image's pixels, the one of the highest score first.
        classes: The names of all classes.
    """
    from PIL import ImageDraw, ImageFont

    size = shown_size(*image.size)
    drawn = resized(image, size)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(_FONT)
    across, down = size[0] / image.width, size[1] / image.height
    for box in reversed(boxes):
        left, top, right, bottom = box.corners
        # An edge lies between two pixels: the line is drawn on the last one inside.
        corners = (round(left * across), round(top * down), round(right * across) - 1, round(bottom * down) - 1)
        tint = colour(classes.index(box.name) + 1)
        pen.rectangle(_ordered(corners), outline=tint, width=_WIDTH)
        _label(pen, font, f"{printable(box.name)[:_NAME]} {box.score:.0%}", corners[:2], size, tint)
    return drawn


def _ordered(corners: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Corners of a box of one pixel at least."""
    left, top, right, bottom = corners
    return left, top, max(left, right), max(top, bottom)


def _label(
    pen: ImageDraw,
    font: FreeTypeFont | ImageFont,
    text: str,
    corner: tuple[int, int],
    size: tuple[int, int],
    tint: tuple[int, int, int],
) -> None:
    """A text on a ground of its colour above a box's corner; inside the image, whatever the box."""
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    width, height = round(right - left) + 2 * _INSET, round(bottom - top) + 2 * _INSET
    across = max(0, min(corner[0], size[0] - width))
    down = corner[1] - height if corner[1] >= height else min(corner[1], max(0, size[1] - height))
    pen.rectangle((across, down, across + width - 1, down + height - 1), fill=tint)
    bright = 0.299 * tint[0] + 0.587 * tint[1] + 0.114 * tint[2]
    ink = "#1F2933" if bright > _DARK else "white"
    pen.text((across + _INSET - left, down + _INSET - top), text, fill=ink, font=font)
