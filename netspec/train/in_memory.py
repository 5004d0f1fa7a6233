"""Splits that live on the device as tensors: a batch is a selection there, and no process loads anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.train.batches import Batch
from netspec.train.data.raw import Images
from netspec.train.inputs import Inputs

_SPLIT_SEED = 0
"""Of the held-out part: not the run's seed, so that runs of different seeds are judged by the same images."""

_PIECE = 4096
"""Images that are made inputs at a time."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Images [N, C, H, W] and their targets [N, ...], both on the device."""

    images: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    @classmethod
    def of(cls, part: Images, device: torch.device, inputs: Inputs | None = None) -> InMemory:
        """A part of a data set on the device; where `inputs` are given, resized and normalised once for all."""
        images = part.images
        if inputs is not None:
            images = torch.cat([inputs(piece) for piece in images.split(_PIECE)])
        return cls(images.to(device), part.targets.to(device))

    def take(self, rows: Tensor) -> InMemory:
        """Some of the examples, by their indices [M]."""
        rows = rows.to(self.targets.device)
        return InMemory(self.images[rows], self.targets[rows])

    def batches(self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None = None) -> Iterator[Batch]:
        """One batch for each tensor of indices."""
        if not rows:
            return
        sizes = [len(one) for one in rows]
        # All indices go to the device at once: a copy for each batch would wait for it.
        indices = torch.cat(list(rows)).to(self.targets.device).split(sizes)
        for one, there in zip(rows, indices, strict=True):
            yield Batch(self.images.index_select(0, there), self.targets.index_select(0, there), one)


def hold_out(data: Images, share: float) -> tuple[Images, Images | None]:
    """Training and held-out part; the latter has `share` of each class, rounded, or is None."""
    generator = torch.Generator().manual_seed(_SPLIT_SEED)
    order = torch.randperm(len(data), generator=generator)
    held = torch.zeros(len(data), dtype=torch.bool)
    for label in range(int(data.targets.max()) + 1):
        rows = order[data.targets[order] == label]
        held[rows[: round(share * len(rows))]] = True
    if not held.any():
        return data, None
    return data.take((~held).nonzero().flatten()), data.take(held.nonzero().flatten())
