"""The inputs of a network from images as they are read."""

from __future__ import annotations

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
    images: Tensor,
    resize: tuple[int, int] | None = None,
    pad: tuple[int, int] = (0, 0),
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and deviation of each channel of images [N, C, ...]; 1 for deviation 0.

    They are those of the images resized and padded, in float64.
    """
    counts = None if resize not in (None, images.shape[2:]) else _counts(images, pad)
    if counts is not None:
        values = torch.arange(256, dtype=torch.float64)
        count = int(counts[0].sum())
        mean = (counts * values).sum(1) / count
        spread = (counts * (values - mean[:, None]).square()).sum(1)
    else:
        count, mean, spread = _moments(images, resize, pad)
    deviation = (spread / count).sqrt()
    deviation = torch.where(deviation > 0, deviation, 1)
    return tuple(mean.tolist()), tuple(deviation.tolist())


def _pieces(images: Tensor, numbers: int) -> tuple[Tensor, ...]:
    """Images in pieces of a bounded size, given the numbers that each has."""
    most = max(1, min(PIECE, NUMBERS // max(1, numbers)))
    pieces: tuple[Tensor, ...] = images.split(most)
    return pieces


def _counts(images: Tensor, pad: tuple[int, int]) -> Tensor | None:
    """How often each channel of bytes [N, C, H, W] has each value, padded: [C, 256].

    None for other numbers, and where it would be more counts than pixels.
    """
    if images.dtype != torch.uint8 or images[:1, :1].numel() < 256:
        return None
    counts = torch.zeros(images.shape[1], 256, dtype=torch.int64)
    for piece in _pieces(images, images[:1].numel()):
        for channel, count in enumerate(counts):
            count += piece[:, channel].flatten().bincount(minlength=256).cpu()
    if images.ndim == 4:
        height, width = images.shape[2:]
        whole = (height + 2 * pad[0]) * (width + 2 * pad[1])
        counts[:, 0] += len(images) * (whole - height * width)
    return counts


def _moments(
    images: Tensor, resize: tuple[int, int] | None, pad: tuple[int, int]
) -> tuple[int, Tensor, Tensor]:
    """Of each channel the count of its numbers, their mean, and the squares about it.

    In two rounds: a sum of squares alone loses figures small beside the mean.
    """

    def size(piece: Tensor) -> Tensor:
        return sized(piece, resize, pad).double()

    def summed(values: Tensor) -> Tensor:
        return values.transpose(0, 1).flatten(1).sum(1).cpu()

    total = torch.zeros(images.shape[1], dtype=torch.float64)
    spread, count = torch.zeros_like(total), 0
    pieces = _pieces(images, size(images[:1]).numel())
    for piece in pieces:
        made = size(piece)
        count += made[:, 0].numel()
        total += summed(made)
    mean = total / count
    for piece in pieces:
        made = size(piece)
        middle = mean.to(made.device).view(-1, *[1] * (made.ndim - 2))
        spread += summed((made - middle).square())
    return count, mean, spread
