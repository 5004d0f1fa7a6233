"""Pieces of Pillow's images, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from netspec.functional.data.framing import Box


def coloured(image: Image.Image, channels: int) -> Image.Image:
    """An image that is gray, or in colour."""
    mode = "L" if channels == 1 else "RGB"
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow's way without a warning
    return image if image.mode == mode else image.convert(mode)


def piece_of(
    image: Image.Image, box: Box | None, size: tuple[int, int]
) -> np.ndarray[Any, Any]:
    """A piece of an image, resized, uint8 [C, H, W]; without a box all of it."""
    if box is not None or size != (image.height, image.width):
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box)
    array = np.array(image)
    if array.ndim == 2:
        return array[None]
    return np.ascontiguousarray(array.transpose(2, 0, 1))


def mask_in(mask: Image.Image, size: tuple[int, int] | None) -> np.ndarray[Any, Any]:
    """A mask of class numbers, uint8 [H, W]; resized, the nearest pixel is taken."""
    if mask.mode == "1":
        mask = mask.point(lambda value: 1 if value else 0, "L")
    if size is not None and mask.size != (size[1], size[0]):
        mask = mask.resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.array(mask)
