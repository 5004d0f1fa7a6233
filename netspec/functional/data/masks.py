"""Images that are files, with masks of class numbers that are, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from netspec.functional.data.decoding import (
    Decoding,
    Encoded,
    Pixels,
    Source,
    Streaming,
    stacked,
    whole,
)

MASK_MODES = ("L", "P", "1")
"""Pillow's modes of images that can be masks."""


@dataclass(frozen=True)
class EncodedMasks(Encoded):
    """Images that are still encoded, with a mask each."""

    masks: Sequence[Source]


class MaskDecoding(Decoding):
    """The way from image files to images, and from masks to labels of pixels."""

    def targets(self, part: Encoded) -> Tensor | None:
        """The masks of images, decoded."""
        assert isinstance(part, EncodedMasks)
        return stacked(self.mask, part.masks)

    def mask(self, source: Source) -> Pixels:
        """A mask of class numbers; resized, the nearest pixel is taken."""
        with whole(source):
            mask = self.opened(source)
            if mask.mode not in MASK_MODES:
                raise ValueError(f"a mask has no colours ({mask.mode})")
            return mask_in(mask, self.frame.resize)


class StreamingMasks(Streaming, MaskDecoding):
    """The same for images that are decoded when they are asked for."""


def mask_in(mask: Image.Image, size: tuple[int, int] | None) -> Pixels:
    """A mask of class numbers, uint8 [H, W]; resized, the nearest pixel is taken."""
    if mask.mode == "1":
        mask = mask.point(lambda value: 1 if value else 0, "L")
    if size is not None and mask.size != (size[1], size[0]):
        mask = mask.resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.array(mask)
