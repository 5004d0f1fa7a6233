"""From images as they are read to what a network takes: resized, padded, normalised on the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.train.data import DataSet

_PIECE = 4096
"""Images that are looked at together: so that a large set is never held in floats as a whole."""


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
        """Images of their final size, shifted and scaled."""
        shift, scale = (images.new_tensor(values).view(-1, 1, 1) for values in (self.shift, self.scale))
        return (images - shift) / scale


class Ready(Inputs):
    """Of images that were made inputs once, ahead of the training: they stay as they are."""

    __slots__ = ()

    def __call__(self, images: Tensor) -> Tensor:
        return images


def sized(images: Tensor, resize: tuple[int, int] | None, pad: tuple[int, int]) -> Tensor:
    """Images [N, C, H, W] as float32, their pixels still as read, in the size that the network takes."""
    images = images.float()
    if resize:
        images = F.interpolate(images, resize, mode="bilinear", antialias=True)
    vertical, horizontal = pad
    return F.pad(images, (horizontal, horizontal, vertical, vertical)) if vertical or horizontal else images


def inputs_of(data: DataSet, images: Tensor, brightest: int) -> Inputs:
    """What the recipe does to images.

    All are shifted and scaled alike: into the range that the recipe gives, or else by the mean and standard deviation
    that each channel has over the images given, resized and padded.

    Args:
        data: Says what to do.
        images: Those to train on as read, the held-out ones included: the figures do not change with the split.
        brightest: The largest value that a pixel can have.
    """
    if data.range:
        low, high = data.range
        factor, channels = brightest / (high - low), images.shape[1]
        return Inputs(data.resize, data.pad, (-low * factor,) * channels, (factor,) * channels)
    return Inputs(data.resize, data.pad, *_mean_and_deviation(data, images))


def _mean_and_deviation(data: DataSet, images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Of each channel; the deviation of one that is the same everywhere is told as 1, so that it is only shifted."""
    channels = images.shape[1]
    total, spread = torch.zeros(channels, dtype=torch.float64), torch.zeros(channels, dtype=torch.float64)
    count = 0
    for piece in (sized(piece, data.resize, data.pad).double() for piece in images.split(_PIECE)):
        count += piece[:, 0].numel()
        total += piece.sum((0, 2, 3)).cpu()
    mean = total / count
    for piece in (sized(piece, data.resize, data.pad).double() for piece in images.split(_PIECE)):
        spread += (piece - mean.to(piece.device).view(-1, 1, 1)).square().sum((0, 2, 3)).cpu()
    deviation = (spread / count).sqrt()
    return tuple(mean.tolist()), tuple(torch.where(deviation > 0, deviation, 1).tolist())
