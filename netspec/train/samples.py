"""Images and labels as tensors in memory: read, split, normalised once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_SPLIT_SEED = 0
"""Of the held-out part: not the run's seed, so that runs of different seeds are judged by the same images."""


@dataclass(frozen=True, slots=True)
class Images:
    """Images [N, C, H, W] (uint8 as read, float32 once normalised) and their labels [N] (int64)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return self.labels.numel()

    def take(self, rows: Tensor) -> Images:
        """Some of them, by their indices [M]."""
        return Images(self.images[rows], self.labels[rows])

    def to(self, device: torch.device) -> Images:
        """The same on a device."""
        return Images(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, slots=True)
class RawData:
    """A data set as it was read: uint8 images."""

    train: Images
    test: Images
    classes: int


@dataclass(frozen=True, slots=True)
class Samples:
    """A data set ready for training, on the device.

    Attributes:
        train: Without what is held out.
        validation: Held out of training; None where nothing is.
        test: Seen once, at the end.
        mean: Per channel, of all training pixels from 0 to 255.
        std: Likewise.
    """

    train: Images
    validation: Images | None
    test: Images
    mean: tuple[float, ...]
    std: tuple[float, ...]


def prepare(raw: RawData, validation: float, device: torch.device) -> Samples:
    """Split and normalise a data set and move it to a device.

    Every image is shifted and scaled by the mean and standard deviation that each channel has over the training
    images, the held-out ones included, so that the figures do not change with the split.
    """
    pixels = raw.train.images.float()
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3), correction=0)
    std = torch.where(std > 0, std, 1)

    def normal(part: Images) -> Images:
        shift, scale = mean.view(-1, 1, 1), std.view(-1, 1, 1)
        return Images((part.images.float() - shift) / scale, part.labels).to(device)

    train, held = _hold_out(raw.train, validation)
    return Samples(
        train=normal(train),
        validation=normal(held) if held else None,
        test=normal(raw.test),
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
    )


def _hold_out(data: Images, share: float) -> tuple[Images, Images | None]:
    """Training and held-out part; the latter has `share` of each class, rounded, or is None."""
    generator = torch.Generator().manual_seed(_SPLIT_SEED)
    order = torch.randperm(len(data), generator=generator)
    held = torch.zeros(len(data), dtype=torch.bool)
    for label in range(int(data.labels.max()) + 1):
        rows = order[data.labels[order] == label]
        held[rows[: round(share * len(rows))]] = True
    if not held.any():
        return data, None
    return data.take((~held).nonzero().flatten()), data.take(held.nonzero().flatten())
