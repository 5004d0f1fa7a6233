"""Images and labels as tensors in memory: read, split, resized and normalised once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from netspec.train.data import DataSet

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
    """A data set as it was read: uint8 images.

    Attributes:
        train: To learn from.
        test: To be judged by.
        classes: Labels are 0 to one less.
        brightest: The largest value that a pixel can have; the least is 0.
    """

    train: Images
    test: Images
    classes: int
    brightest: int = 255


@dataclass(frozen=True, slots=True)
class Normal:
    """What brings pixels to the values that a network takes: (pixel - shift) / scale, for each channel."""

    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, images: Tensor) -> Tensor:
        shift, scale = (torch.tensor(values).view(-1, 1, 1) for values in (self.shift, self.scale))
        return (images - shift) / scale


@dataclass(frozen=True, slots=True)
class Samples:
    """A data set ready for training, on the device.

    Attributes:
        train: Without what is held out.
        validation: Held out of training; None where nothing is.
        test: Seen once, at the end.
        normal: What was done to every pixel.
    """

    train: Images
    validation: Images | None
    test: Images
    normal: Normal


def prepare(raw: RawData, data: DataSet, device: torch.device) -> Samples:
    """Resize, pad, normalise and split a data set, and move it to a device.

    Every image is shifted and scaled alike: into the range that the recipe gives, or else by the mean and standard
    deviation that each channel has over the training images, the held-out ones included, so that the figures do not
    change with the split.
    """
    train, test = (Images(_sized(part.images, data), part.labels) for part in (raw.train, raw.test))
    normal = _into(data.range, raw.brightest, train.images) if data.range else _standard(train.images)
    learned, held = _hold_out(train, data.validation)

    def ready(part: Images) -> Images:
        return Images(normal(part.images), part.labels).to(device)

    return Samples(ready(learned), ready(held) if held else None, ready(test), normal)


def _sized(images: Tensor, data: DataSet) -> Tensor:
    """Images [N, C, H, W] as float32, still from 0 to the brightest, in the size that the network takes."""
    images = images.float()
    if data.resize:
        images = F.interpolate(images, data.resize, mode="bilinear", antialias=True)
    vertical, horizontal = data.pad
    return F.pad(images, (horizontal, horizontal, vertical, vertical))


def _into(ends: tuple[float, float], brightest: int, images: Tensor) -> Normal:
    """From 0 and the brightest pixel to the two ends of a range."""
    low, high = ends
    scale, channels = brightest / (high - low), images.shape[1]
    return Normal((-low * scale,) * channels, (scale,) * channels)


def _standard(images: Tensor) -> Normal:
    """To mean 0 and standard deviation 1; a channel that is the same everywhere is only shifted."""
    mean, std = images.mean((0, 2, 3)), images.std((0, 2, 3), correction=0)
    return Normal(tuple(mean.tolist()), tuple(torch.where(std > 0, std, 1).tolist()))


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
