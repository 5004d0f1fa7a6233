"""The size in which an image is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_LEAST, _MOST = 384, 1280
"""Pixels of the longer side that an image is enlarged to, by a whole factor, and made smaller to, to be looked at."""


def shown_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in which an image is looked at."""
    longer = max(width, height)
    factor = -(-_LEAST // longer) if longer < _LEAST else min(1.0, _MOST / longer)
    return max(1, round(width * factor)), max(1, round(height * factor))


def resized(image: Image, size: tuple[int, int]) -> Image:
    """An image of another size; a small one is shown pixel by pixel."""
    from PIL.Image import Resampling

    return image.resize(size, Resampling.NEAREST if size[0] >= image.width else Resampling.BILINEAR)
