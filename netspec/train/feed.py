"""Which examples make a step, which of them are this process's, and what the network is fed of them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from netspec.train.batches import Batch
from netspec.train.order import epoch_order
from netspec.train.parallel.share import Share
from netspec.train.recipe import Recipe
from netspec.train.samples import Samples


class Feed:
    """The training images in the order of every epoch: a function of the seed, whatever the number of processes.

    Attributes:
        per_epoch: Steps in a round over the images.
        whole: Images of this process in a batch that is not cut short by the end of an epoch.
    """

    def __init__(self, recipe: Recipe, samples: Samples, share: Share) -> None:
        self._recipe, self._samples, self._share = recipe, samples, share
        self._size = len(samples.train)
        self.per_epoch = recipe.steps_per_epoch(self._size)
        self.whole = share.count(recipe.data.batch_size)

    def __call__(self, batch: Batch, number: int) -> tuple[Tensor, Tensor]:
        """The network's inputs and the targets of a batch; batches are numbered from 0 since the start of the run."""
        return self._samples.inputs(batch.images), batch.targets

    def images(self, position: int) -> int:
        """Images that all processes have seen after so many steps of an epoch."""
        return min(position * self._recipe.step_size, self._size)

    def weights(self, position: int) -> list[float]:
        """What this process multiplies the mean loss of each of its batches by, in a step of an epoch, from 0."""
        start, end, batch = self.images(position), self.images(position + 1), self._recipe.data.batch_size
        return [self._share.weight(min(batch, end - at), end - start) for at in range(start, end, batch)]

    def batches(self, epoch: int, position: int) -> Iterator[Batch]:
        """This process's part of every batch of an epoch from a step on; both count from 0."""
        order = epoch_order(self._size, self._recipe.seed, epoch)[position * self._recipe.step_size :]
        return self._samples.train.batches([self._own(rows) for rows in order.split(self._recipe.data.batch_size)])

    def step(self, epoch: int, position: int) -> list[Batch]:
        """This process's batches of one step, read again."""
        size, batch = self._recipe.step_size, self._recipe.data.batch_size
        rows = epoch_order(self._size, self._recipe.seed, epoch)[position * size : (position + 1) * size]
        return list(self._samples.train.batches([self._own(part) for part in rows.split(batch)]))

    def _own(self, rows: Tensor) -> Tensor:
        return rows[self._share.of(len(rows))]
