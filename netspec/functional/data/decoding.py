"""Images that are files, decoded into memory by Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from netspec.functional.data.formats import DEEP, FORMATS
from netspec.functional.data.framing import Frame
from netspec.functional.data.pieces import coloured, mask_in, piece_of

Source = Path | bytes
"""An image as JPEG, PNG or another format, or the file that holds it."""


def decoded(sources: Sequence[Source], channels: int, frame: Frame) -> Tensor:
    """Images in their frame, uint8 [N, C, H, W]."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda source: pixels(source, channels, frame), sources))
    return torch.from_numpy(np.stack(found))


def pixels(source: Source, channels: int, frame: Frame) -> np.ndarray[Any, Any]:
    """An image in its frame, gray or in colour, turned as its EXIF says, [C, H, W]."""
    image = converted(source, channels)
    return piece_of(image, *frame.box(image.height, image.width))


def converted(source: Source, channels: int) -> Image.Image:
    """An image, gray or in colour, turned as its EXIF says."""
    return coloured(upright_image(source), channels)


def upright_image(source: Source) -> Image.Image:
    """An image turned as its EXIF says."""
    return ImageOps.exif_transpose(opened_image(source))


def opened_image(source: Source) -> Image.Image:
    """An image of the formats that are read, of 8 bits."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    image: Image.Image = Image.open(file, formats=tuple(FORMATS))
    if image.mode in DEEP:
        name = "an image" if isinstance(source, bytes) else source
        raise ValueError(f"{name}: its pixels have more than 8 bits ({image.mode})")
    return image


def decoded_masks(sources: Sequence[Source], size: tuple[int, int] | None) -> Tensor:
    """Masks of class numbers, uint8 [N, H, W]; resized, the nearest pixel is taken."""
    masks = []
    for source in sources:
        mask = opened_image(source)
        if mask.mode not in ("L", "P", "1"):
            raise ValueError(f"{source!s}: a mask has no colours ({mask.mode})")
        masks.append(mask_in(mask, size))
    return torch.from_numpy(np.stack(masks))


def frame_of(
    parts: Sequence[Sequence[Source]],
    resize: tuple[int, int] | None,
    shorter: int | None,
    crop: tuple[int, int] | None,
    *,
    masks: bool = False,
) -> Frame:
    """The frame for all images, from the sizes of some of them.

    Images of one size are kept so, and enlarged on the device.
    """
    if crop is not None:
        return Frame(None, shorter, crop)
    sizes = {
        upright_image(part[row]).size
        for part in parts
        for row in torch.linspace(0, len(part) - 1, min(len(part), 16)).long().tolist()
    }
    width, height = next(iter(sizes))
    several = len(sizes) > 1 or masks
    if resize and (several or resize[0] * resize[1] < height * width):
        return Frame(resize)
    return Frame()
