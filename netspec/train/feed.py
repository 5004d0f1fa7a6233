"""Which examples make a step, which of them are this process's, and what the network is fed of them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from netspec.train.augmenting import Augment
from netspec.train.batches import Batch
from netspec.train.order import epoch_order
from netspec.train.parallel.share import Share
from netspec.train.recipe import Recipe
from netspec.train.samples import Samples


class Feed:
    """The training images in the order of every epoch: a function of the seed, whatever the number of processes.

    Attributes:
        per_epoch: Steps in a round over the images.
    """

    def __init__(self, recipe: Recipe, samples: Samples, share: Share) -> None:
        self._recipe, self._samples, self._share = recipe, samples, share
        self._augment = Augment.of(recipe.augment, samples)
        self._size = len(samples.train)
        self.per_epoch = recipe.steps_per_epoch(self._size)

    def __call__(self, batch: Batch, number: int) -> tuple[Tensor, Tensor]:
        """The network's inputs and the targets of a batch; batches are numbered from 0 since the start of the run."""
        size = self._size_of(number)
        return self._augment(batch, self._recipe.seed, number, self._share.of(size), size)

    def images(self, position: int) -> int:
        """Images that all processes have seen after so many steps of an epoch."""
        return min(position * self._recipe.step_size, self._size)

    def weights(self, position: int) -> list[float]:
        """What this process multiplies the mean loss of each of its batches by, in a step of an epoch, from 0."""
        start, end, batch = self.images(position), self.images(position + 1), self._recipe.data.batch_size
        return [self._share.weight(min(batch, end - at), end - start) for at in range(start, end, batch)]

    def batches(self, epoch: int, position: int) -> Iterator[Batch]:
        """This process's part of every batch of an epoch from a step on; both count from 0."""
        size = self._recipe.step_size
        return self._read(epoch_order(self._size, self._recipe.seed, epoch)[position * size :], epoch, position)

    def step(self, epoch: int, position: int) -> list[Batch]:
        """This process's batches of one step, read again."""
        size = self._recipe.step_size
        rows = epoch_order(self._size, self._recipe.seed, epoch)[position * size : (position + 1) * size]
        return list(self._read(rows, epoch, position))

    def _read(self, rows: Tensor, epoch: int, position: int) -> Iterator[Batch]:
        """This process's part of batches that follow each other, the first of which begins a step."""
        first = (epoch * self.per_epoch + position) * self._recipe.accumulate
        parts = rows.split(self._recipe.data.batch_size)
        augment, shares = self._augment, [self._share.of(len(part)) for part in parts]
        own = [part[augment.positions(len(part), share)] for part, share in zip(parts, shares, strict=True)]
        if not augment.cropped:
            return self._samples.train.batches(own)
        draws = [
            augment.reading(self._recipe.seed, first + index, len(part), share)
            for index, (part, share) in enumerate(zip(parts, shares, strict=True))
        ]
        return self._samples.train.batches(own, draws)

    def _size_of(self, number: int) -> int:
        """Rows of the global batch of a number."""
        step, index = divmod(number, self._recipe.accumulate)
        before = step % self.per_epoch * self._recipe.step_size + index * self._recipe.data.batch_size
        return min(self._recipe.data.batch_size, self._size - before)
