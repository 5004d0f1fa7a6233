"""Augmentations in their order, then one that mixes images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.functional.augment.changes import Change
from netspec.functional.augment.draws import generator, of_images
from netspec.functional.augment.mixing import Mix, soft
from netspec.functional.augment.scene import Scene

_STREAM = 1
"""Keeps the numbers of augmentation apart from others of the same seed and step."""


@dataclass(frozen=True)
class Augmenting:
    """Augmentations in their order.

    All random numbers of a step are drawn on the CPU for the whole global batch, by
    seed and step alone, and each process takes the rows that are its own: results
    depend neither on the device, nor on the number of processes.

    Attributes:
        changes: The changes of each image, each with the count of its numbers.
        mixes: The ways to mix two images; each batch draws one.
        scene: The facts of all images.
        done: The number of changes that were done while images were read.
        alternating: Places of numbers that an image keeps: u in one epoch, 1 - u in
            the next.
    """

    changes: Sequence[tuple[int, Change]]
    mixes: Sequence[tuple[int, Mix]]
    scene: Scene
    done: int = 0
    alternating: tuple[int, ...] = ()

    def augmented(
        self,
        images: Tensor,
        targets: Tensor,
        seed: int,
        step: int,
        share: slice,
        size: int,
        rows: Tensor,
        epoch: int,
    ) -> tuple[Tensor, Tensor]:
        """Images and targets of this process's rows of a global batch.

        Args:
            images: Those at `positions(size, share)`, as read.
            targets: Their targets.
            seed: The recipe's.
            step: The number of batches before this one since the start of the run.
            share: This process's rows of the global batch.
            size: Rows of the global batch.
            rows: Those of the data set that these images are, [B] on the CPU.
            epoch: The epoch of the step, from 0.
        """
        positions = self.positions(size, share)
        chance, chosen = self.numbers(seed, step, size)
        chance[positions] = self.alternated(chance[positions], rows, seed, epoch)
        start = 0
        for index, (count, change) in enumerate(self.changes):
            draws = chance[positions, start : start + count]
            start += count
            if index >= self.done:
                images, targets = change(images, targets, draws, self.scene)
        own = len(range(*share.indices(size)))
        if self.mixes:
            targets = soft(targets, self.scene.classes)
            if size > 1:
                partners = partners_of(positions, size)
                partners = partners.to(images.device, non_blocking=True)
                _, mix = self.mixes[chosen]
                draws = chance[positions, start:]
                images, targets = mix(images.float(), targets, partners, draws)
        return images[:own], targets[:own]

    def positions(self, size: int, share: slice) -> Tensor:
        """The rows of a global batch that a process loads.

        Its own rows come first, then their partners that are not among them.
        """
        own = torch.arange(size)[share]
        if not self.mixes:
            return own
        partners = (own + size // 2) % size
        return torch.cat([own, partners[~torch.isin(partners, own)]])

    def alternated(self, draws: Tensor, rows: Tensor, seed: int, epoch: int) -> Tensor:
        """Numbers of images [B, K], some of which they keep from one epoch to the next.

        Args:
            draws: The numbers.
            rows: The images' rows of the data set, [B].
            seed: The recipe's.
            epoch: From 0.
        """
        for place in self.alternating:
            kept = of_images(rows, seed)
            draws[:, place] = 1 - kept if epoch % 2 else kept
        return draws

    def numbers(self, seed: int, step: int, size: int) -> tuple[Tensor, int]:
        """Uniform numbers for a global batch, [size, K], and which of the mixes."""
        stream = generator(seed, step, _STREAM)
        most = max(1, len(self.mixes))
        chosen = int(torch.randint(most, (1,), generator=stream))
        count = sum(count for count, _ in self.changes)
        if self.mixes:
            count += self.mixes[chosen][0]
        return torch.rand(size, count, generator=stream), chosen


def partners_of(positions: Tensor, size: int) -> Tensor:
    """The index, in a process's batch, of the partner of each row.

    A row that was loaded for another is its own partner.
    """
    places = torch.full((size,), -1)
    places[positions] = torch.arange(len(positions))
    partners = places[(positions + size // 2) % size]
    return torch.where(partners < 0, torch.arange(len(positions)), partners)
