"""From images as they are read to what a network takes: resized, padded, normalised on the device."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.recipe.data import DataSet
from netspec.recipe.data.problems import mismatch

PIECE = 4096
"""Images that are worked on together: so that a large set is never held in floats as a whole."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is done to every image, in training and for judging: resize, pad, then ``(pixel - shift) / scale``.

    Attributes:
        resize: Height and width, bilinear and antialiased; None leaves them.
        pad: Rows above and below, columns left and right, of value 0 as read.
        shift: For each channel.
        scale: For each channel.
    """

    resize: tuple[int, int] | None
    pad: tuple[int, int]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """The inputs of the network, float32 [N, C, H', W'], of images as read, [N, C, H, W]."""
        return self.normalise(sized(images, self.resize, self.pad))

    def normalise(self, images: Tensor) -> Tensor:
        """Images of their final size, shifted and scaled; of examples [N, features], each feature."""
        shift, scale = (
            _column(values, images.device).view(-1, *[1] * (images.ndim - 2)) for values in (self.shift, self.scale)
        )
        return (images - shift) / scale

    def shape(self, image: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the input that is made of an image [C, H, W]."""
        if len(image) != 3:
            return image
        height, width = self.resize or image[1:]
        return image[0], height + 2 * self.pad[0], width + 2 * self.pad[1]

    def ready(self) -> Ready:
        """The same for images that were made inputs already."""
        return Ready(*(getattr(self, field.name) for field in fields(self)))


@lru_cache(maxsize=16)
def _column(values: tuple[float, ...], device: torch.device) -> Tensor:
    """Numbers on a device, copied there once: a copy makes it wait."""
    with torch.inference_mode(False):
        return torch.tensor(values, device=device)


class Ready(Inputs):
    """Of images that were made inputs once, ahead of the training: they stay as they are."""

    __slots__ = ()

    def __call__(self, images: Tensor) -> Tensor:
        return images


def sized(images: Tensor, resize: tuple[int, int] | None, pad: tuple[int, int]) -> Tensor:
    """Images [N, C, H, W] as float32, their pixels still as read, in the size that the network takes."""
    images = images.float()
    if resize and images.shape[2:] != resize:
        images = F.interpolate(images, resize, mode="bilinear", antialias=True)
    vertical, horizontal = pad
    return F.pad(images, (horizontal, horizontal, vertical, vertical)) if vertical or horizontal else images


def inputs_of(data: DataSet, images: Tensor, brightest: float) -> Inputs:
    """What the recipe does to images.

    All are shifted and scaled alike: into the range that the recipe gives, by the mean and deviation that it gives, or
    else by those that each channel has over the images given, resized and padded.

    Args:
        data: Says what to do.
        images: Those to train on as read, the held-out ones included: the figures do not change with the split.
        brightest: The largest value that a pixel can have.

    Raises:
        NetspecError: NS0804: the data are no images of height and width, or have other channels than `mean`.
    """
    channels = images.shape[1]
    if images.ndim != 4 and (data.resize or data.pad != (0, 0)):
        mismatch(f"{data.key} gives examples of {list(images.shape[1:])}: only images can be resized and padded")
    if data.range:
        low, high = data.range
        factor = brightest / (high - low)
        return Inputs(data.resize, data.pad, (-low * factor,) * channels, (factor,) * channels)
    if data.mean is not None and data.std is not None:
        if len(data.mean) not in (1, channels):
            mismatch(f"`mean` and `std` have {len(data.mean)} numbers, the images have {channels} channels")
        every = channels // len(data.mean)
        shift, scale = (tuple(value * brightest for value in values) * every for values in (data.mean, data.std))
        return Inputs(data.resize, data.pad, shift, scale)
    return Inputs(data.resize, data.pad, *mean_and_deviation(images, data.resize, data.pad))


def mean_and_deviation(
    images: Tensor, resize: tuple[int, int] | None = None, pad: tuple[int, int] = (0, 0)
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Of each channel of images [N, C, ...]; the deviation of one that is the same everywhere is told as 1.

    In two rounds and in float64: a sum of squares alone loses what is small beside the mean.
    """

    def summed(values: Tensor) -> Tensor:
        return values.transpose(0, 1).flatten(1).sum(1).cpu()

    channels = images.shape[1]
    total = torch.zeros(channels, dtype=torch.float64)
    spread, count = torch.zeros_like(total), 0
    for piece in images.split(PIECE):
        made = sized(piece, resize, pad).double()
        count += made[:, 0].numel()
        total += summed(made)
    mean = total / count
    for piece in images.split(PIECE):
        made = sized(piece, resize, pad).double()
        spread += summed((made - mean.to(made.device).view(-1, *[1] * (made.ndim - 2))).square())
    deviation = (spread / count).sqrt()
    return tuple(mean.tolist()), tuple(torch.where(deviation > 0, deviation, 1).tolist())
