"""Splits that live on the device as tensors: a batch is a selection there, and no process loads anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from netspec.functional.inputs import PIECE
from netspec.recipe.data.raw import Images
from netspec.train.feeding.batches import Batch
from netspec.train.feeding.inputs import Inputs


class InMemory(Images):
    """Images [N, C, H, W] and their targets [N, ...], both on the device; None where images are their own targets."""

    @classmethod
    def of(cls, part: Images, device: torch.device, inputs: Inputs | None = None) -> InMemory:
        """A part of a data set on the device; where `inputs` are given, resized and normalised once for all."""
        images = part.images
        if inputs is not None:
            images = torch.cat([inputs(piece) for piece in images.split(PIECE)])
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
