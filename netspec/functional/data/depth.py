"""Images of 16 bits and of floats, as shares of a range of their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from netspec.functional.data.image_files import DEEP

Levels = tuple[float, float]
"""The values that become 0 and 1."""

Shares = np.ndarray[Any, Any]
"""An image as shares of a range, float32 [C, H, W] from 0 to 1."""


def levels_of(image: Image.Image, said: Levels | None) -> Levels:
    """The range of an image as a file has it: the one that is said, or its 16 bits'.

    Raises:
        ValueError: The file's kind has no range, and none is said; or Pillow gave its
            colours 8 bits.
    """
    if said is None:
        if image.mode.startswith("I;16") or image.format in ("PNG", "PPM"):
            return 0.0, 65535.0
        fix = "write their range at `data`, such as `levels: [0, 1]`"
        raise ValueError(f"its pixels are of 32 bits (mode {image.mode}): {fix}")
    tiles = getattr(image, "tile", ())  # how Pillow is about to read the file
    if image.mode not in DEEP and any(";16" in str(tile) for tile in tiles):
        fix = "leave `levels` out, or save it in gray"
        raise ValueError(f"its colours have 16 bits, and are read as 8: {fix}")
    return said


def deepened(image: Image.Image, levels: Levels) -> Image.Image:
    """A gray image of 16 or 32 bits, as shares of its range, in Pillow's mode F.

    Raises:
        ValueError: A pixel is no finite number.
    """
    values = np.asarray(image).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError("it holds what is no finite number")
    return Image.fromarray(shares_in(values, levels))


def shares_of(piece: Shares, channels: int, levels: Levels | None) -> Shares:
    """A piece of an image, [C, H, W], as shares, in as many channels.

    Args:
        piece: Shares already, of one channel; or bytes, of any.
        channels: 1 or 3.
        levels: The range of bytes; None is all that they can be.
    """
    if piece.dtype == np.uint8:
        piece = shares_in(piece.astype(np.float32), levels or (0.0, 255.0))
    return np.repeat(piece, channels // len(piece), axis=0)


def shares_in(values: Shares, levels: Levels) -> Shares:
    """Values as shares of a range; those outside it are 0 or 1."""
    low, high = levels
    found: Shares = ((values - low) / (high - low)).clip(0, 1).astype(np.float32)
    return found
