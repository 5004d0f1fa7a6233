"""The splits of a data set: batches on the device, in whatever order they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples, on the device.

    Attributes:
        images: [B, C, H, W]; uint8 as read, or float32 where the source is float or inputs were made ahead.
        targets: [B] int64 classes; [B, ...] float32 for regression; [B, H, W] int64 masks; without targets in the data,
            the very tensor `images`.
        rows: [B] int64 on the CPU: which examples of the split these are.
    """

    images: Tensor
    targets: Tensor
    rows: Tensor


class DataSplit(Protocol):
    """A part of a data set: for training, for validation, or for the test."""

    def __len__(self) -> int:
        """The number of examples."""

    @property
    def labels(self) -> Tensor | None:
        """The class of each example, [N], where targets are classes."""

    def batches(self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None = None) -> Iterator[Batch]:
        """One batch for each tensor of indices, in the order given; later ones are read ahead.

        Args:
            rows: Indices of examples, int64 on the CPU, [B] each.
            draws: For each batch the random numbers for cropping its images while they are read, [B, K]:
                the result of `Augment.reading`. None, or a split that is in memory, reads images whole.

        Raises:
            NetspecError: NS0803: an image cannot be read; NS0805: a process that reads them died.
        """


def in_order(split: Sized, size: int) -> list[Tensor]:
    """The rows of a split from first to last, in batches of a size: the order for judging, for `DataSplit.batches`."""
    return list(torch.arange(len(split)).split(size))
