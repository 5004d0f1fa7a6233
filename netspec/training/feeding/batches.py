"""The splits of a data set, and their batches; of those in memory a batch is a selection on the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from netspec.functional.inputs import PIECE
from netspec.recipe.data.raw import Images
from netspec.training.feeding.inputs import Inputs


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
    def targets(self) -> Tensor | None:
        """The targets that are kept beside the images, [N, ...]; None for masks in files, or where there are none."""

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


class InMemory(Images):
    """Images [N, C, H, W] and their targets [N, ...], both on the device; None where images are their own targets."""

    @classmethod
    def of(cls, part: Images, device: torch.device, inputs: Inputs | None = None) -> InMemory:
        """A part of a data set on the device; where `inputs` are given, resized and normalised once for all."""
        images = part.images
        if inputs is not None:
            made = torch.empty(len(images), *inputs.shape(tuple(images.shape[1:])), device=device)
            for whole, piece in zip(made.split(PIECE), images.split(PIECE), strict=True):
                whole.copy_(inputs(piece))
            images = made
        return cls(images.to(device), None if part.targets is None else part.targets.to(device))

    def take(self, rows: Tensor) -> InMemory:
        """Some of the examples, by their indices [M]."""
        rows = rows.to(self.images.device)
        return InMemory(self.images[rows], None if self.targets is None else self.targets[rows])

    def batches(self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None = None) -> Iterator[Batch]:
        """One batch for each tensor of indices."""
        if not rows:
            return
        sizes = [len(one) for one in rows]
        # All indices go to the device at once: a copy for each batch would wait for it.
        indices = torch.cat(list(rows)).to(self.images.device).split(sizes)
        for one, there in zip(rows, indices, strict=True):
            images = self.images.index_select(0, there)
            targets = images if self.targets is None else self.targets.index_select(0, there)
            # Masks are kept in bytes: a mask of 64-bit numbers would be larger than its image.
            masks = self.targets is not None and targets.dtype == torch.uint8
            yield Batch(images, targets.long() if masks else targets, one)
