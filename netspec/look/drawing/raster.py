"""Small pictures brought to the size in which they are looked at."""

from __future__ import annotations

import numpy as np

from netspec.look.figures import Array

_WHOLE = 3
"""The factor from which pixels are enlarged by whole ones: below, unequal pixels are not seen."""


def fitted(pixels: Array, width: int, height: int) -> Array:
    """Colours [H, W, 3] in the largest size that fits: pixel by pixel enlarged, or averaged to be smaller."""
    tall, wide = pixels.shape[:2]
    factor = scale_of(wide, tall, width, height)
    if factor >= _WHOLE:
        return np.repeat(np.repeat(pixels, int(factor), 0), int(factor), 1)
    return resized(pixels, max(1, round(wide * factor)), max(1, round(tall * factor)))


def resized(pixels: Array, width: int, height: int) -> Array:
    """Colours [H, W, 3] in another size: a small picture is enlarged pixel by pixel, others smoothly."""
    from PIL import Image

    way = Image.Resampling.NEAREST if width >= 2 * pixels.shape[1] else Image.Resampling.BOX
    return np.asarray(Image.fromarray(pixels).resize((width, height), way))


def scale_of(wide: int, tall: int, width: int, height: int) -> float:
    """The factor that makes a picture as large as a place, a whole one where it is enlarged much."""
    factor = min(width / wide, height / tall)
    return float(int(factor)) if factor >= _WHOLE else factor
