"""Images that are arrays, as the inputs of a network that learned from images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.recipe.data.numpy_files import examples_in
from netspec.recipe.data.problems import damaged
from netspec.training.judging.image_inputs import ImageInputs

_BATCH = 64
"""The images that are answered at once."""

_COLOURS = (1, 3, 4)
"""The channels that an image may have: gray, colours, and colours with their opacity."""


@dataclass(frozen=True, slots=True)
class ImageArrays:
    """The way from a file of arrays, which holds an image or several, to the inputs of a network.

    Attributes:
        images: The way of an image.
    """

    images: ImageInputs

    def __call__(self, file: Path, device: torch.device) -> Iterator[Tensor]:
        """The inputs of a file's images, float32 [N, C, H, W] on a device, some at a time.

        Raises:
            NetspecError: NS0803: it cannot be read, or holds no images.
        """
        array = examples_in(file, ("x",))["x"]
        if not array.size or array.ndim not in (2, 3, 4):
            expected = "an image is [H, W], [H, W, C] or [C, H, W], several are [N, ...]"
            damaged(file, f"it is {list(array.shape)}; {expected}")
        several = array.ndim == 4 or (array.ndim == 3 and not _is_one(array.shape, self.images.channels))
        every = array if several else array[None]
        for first in range(0, len(every), _BATCH):
            made = [
                self.images.of_pixels(
                    _channels_last(every[index]), f"{file}: example {index:,}" if several else str(file), device
                )
                for index in range(first, min(first + _BATCH, len(every)))
            ]
            yield torch.cat(made)


def _is_one(shape: tuple[int, ...], channels: int) -> bool:
    """Whether three axes are those of one image: with channels last, or first where a network takes colours."""
    return shape[2] in _COLOURS or (channels > 1 and shape[0] in _COLOURS)


def _channels_last(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An image [H, W, C] of one [H, W, C] or [C, H, W]; [H, W] as it is."""
    if image.ndim == 3 and image.shape[0] in _COLOURS and image.shape[2] not in _COLOURS:
        return image.transpose(1, 2, 0)
    return image
