"""The order in which a run sees its training examples, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from netspec.functional.balance import balanced_order
from netspec.functional.data.shard_order import ShardOrder, shard_order
from netspec.functional.order import epoch_order
from netspec.recipe.data import DataSet
from netspec.recipe.data.shard_members import ShardMembers
from netspec.recipe.data.webdataset import WebDataset
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.streamed import Streamed


class Orders:
    """The orders of all epochs: a function of the seed, whatever the number of processes.

    Args:
        data: Says how examples are drawn.
        split: The training examples.
        seed: The run's.
    """

    def __init__(self, data: DataSet, split: DataSplit, seed: int) -> None:
        self._data, self._split, self._seed = data, split, seed
        self._shards: Tensor | None = None
        self._buffer = 0
        if isinstance(data, WebDataset) and data.shuffle_buffer and isinstance(split, Streamed):
            source = split.reader.files.source
            assert isinstance(source, ShardMembers)
            self._shards, self._buffer = torch.tensor(source.numbers), data.shuffle_buffer
        self._last: tuple[int, ShardOrder] | None = None

    def of(self, epoch: int) -> Tensor:
        """The rows of an epoch, int64 on the CPU; epochs count from 0."""
        labels = self._split.labels
        if self._data.sampler == "balanced" and labels is not None:
            return balanced_order(labels.cpu(), self._seed, epoch)
        buffered = self._buffered(epoch)
        return epoch_order(len(self._split), self._seed, epoch) if buffered is None else buffered.rows

    def soon(self, epoch: int, first: int, sizes: Sequence[int]) -> list[Tensor] | None:
        """The rows that are read ahead with each batch; None where none are.

        Args:
            epoch: The epoch.
            first: The examples of it that are over.
            sizes: Those of each batch from there on, of all processes together.
        """
        buffered = self._buffered(epoch)
        if buffered is None or not sizes:
            return None
        ends = [first + each for each in accumulate(sizes)]
        found = [buffered.entering(*each) for each in zip([first, *ends[:-1]], ends, strict=True)]
        return [torch.cat([buffered.held(first), found[0]]), *found[1:]]

    def _buffered(self, epoch: int) -> ShardOrder | None:
        if self._shards is None:
            return None
        if self._last is None or self._last[0] != epoch:
            self._last = epoch, shard_order(self._shards, self._buffer, self._seed, epoch)
        return self._last[1]
