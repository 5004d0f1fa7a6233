"""The inputs of a network from images as they are read."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

PIECE = 4096
"""Images that are worked on together: a large set is never held in floats."""

NUMBERS = 1 << 24
"""Numbers that are worked on together, where images have more than 4,096 each."""

FIGURES = 4096
"""Images of a large set that its mean and deviation are computed from."""


def evenly_spread(count: int, most: int) -> Tensor:
    """Some rows of a set, evenly spread over it, at most so many."""
    return torch.linspace(0, count - 1, min(count, most)).long()


def sized(
    images: Tensor, resize: tuple[int, int] | None, pad: tuple[int, int]
) -> Tensor:
    """Images [N, C, H, W] as float32, their pixels as read, resized and padded.

    Resizing is bilinear and antialiased; the padding has value 0.
    """
    images = images.float()
    if resize is not None and images.shape[2:] != resize:
        images = F.interpolate(images, resize, mode="bilinear", antialias=True)
    vertical, horizontal = pad
    if vertical or horizontal:
        images = F.pad(images, (horizontal, horizontal, vertical, vertical))
    return images


def normalised(images: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """(pixel - shift) / scale, for each channel of images [N, C, ...], or for all."""
    axes = [1] * (images.ndim - 2)
    return (images - shift.view(-1, *axes)) / scale.view(-1, *axes)


def mean_and_deviation(
    images: Tensor, size: Callable[[Tensor], Tensor] = Tensor.float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and deviation of each channel of images [N, C, ...]; 1 for deviation 0.

    In two rounds and in float64: a sum of squares alone loses figures small beside the
    mean. `size` brings images to the size that the network takes.
    """

    def summed(values: Tensor) -> Tensor:
        return values.transpose(0, 1).flatten(1).sum(1).cpu()

    total = torch.zeros(images.shape[1], dtype=torch.float64)
    spread, count = torch.zeros_like(total), 0
    most = NUMBERS // max(1, size(images[:1]).numel())
    pieces = images.split(min(PIECE, max(1, most)))
    for piece in pieces:
        made = size(piece).double()
        count += made[:, 0].numel()
        total += summed(made)
    mean = total / count
    for piece in pieces:
        made = size(piece).double()
        middle = mean.to(made.device).view(-1, *[1] * (made.ndim - 2))
        spread += summed((made - middle).square())
    deviation = (spread / count).sqrt()
    deviation = torch.where(deviation > 0, deviation, 1)
    return tuple(mean.tolist()), tuple(deviation.tolist())
