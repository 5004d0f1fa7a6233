"""The order of images in shards: shard after shard, mixed by a buffer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from netspec.functional.order import order_generator

if TYPE_CHECKING:
    from netspec.functional.data.tar_shards import Member

_PIECE = 1 << 17
"""Bytes that the system is told of at once: Linux reads no more ahead for one call."""


@dataclass(frozen=True)
class ShardOrder:
    """The order of an epoch, [N] int64 each; both are permutations of the images.

    Attributes:
        read: The images as they enter the buffer: shard after shard.
        rows: The images as they leave it.
        buffer: The images that it holds.
    """

    read: Tensor
    rows: Tensor
    buffer: int

    def held(self, position: int) -> Tensor:
        """The images in the buffer once so many have left it, as they entered it."""
        there = torch.zeros(len(self.rows), dtype=torch.bool)
        there[self.read[: position + self.buffer]] = True
        there[self.rows[:position]] = False
        return self.read[there[self.read]]

    def entering(self, first: int, last: int) -> Tensor:
        """The images that enter it while those from the first to the last leave it."""
        return self.read[first + self.buffer : last + self.buffer]


def shard_order(shards: Tensor, buffer: int, seed: int, epoch: int) -> ShardOrder:
    """The order of an epoch: a function of the seed and the epoch.

    The shards follow each other by chance, the images of each as they lie in it. They
    enter a buffer; one of those in it leaves, and the next one takes its place: what is
    read lies close together, and an image of every shard but the first ones comes after
    those of the shards before. As webdataset's `shuffle`, which holds what it has read.

    Args:
        shards: The number of each image's shard, [N], ascending.
        buffer: The images that it holds: 1 takes them as they lie, and as many as there
            are any order alike.
        seed: The run's.
        epoch: From 0.
    """
    generator = order_generator(seed, epoch)
    names, own = torch.unique(shards, return_inverse=True)
    turns = torch.randperm(len(names), generator=generator).argsort()
    read = turns[own].argsort(stable=True)
    later = max(0, len(read) - buffer)
    drawn = torch.randint(min(buffer, len(read)), (later,), generator=generator)
    coming: list[int] = read.tolist()
    held, rows = coming[:buffer], []
    for row, place in zip(coming[buffer:], drawn.tolist(), strict=True):
        rows.append(held[place])
        held[place] = row
    last = torch.randperm(len(held), generator=generator)
    left = torch.tensor(held, dtype=torch.int64)[last]
    return ShardOrder(
        read, torch.cat([torch.tensor(rows, dtype=torch.int64), left]), buffer
    )


def shards_of_sources(sources: Sequence[Any]) -> Tensor:
    """The number of each image's shard, [N], of members of shards."""
    numbers: dict[Any, int] = {}
    return torch.tensor(
        [numbers.setdefault(each.file, len(numbers)) for each in sources]
    )


def read_soon(members: Iterable[Member]) -> None:
    """Have the system read members of shards while other work goes on; it may not.

    They lie in its memory then, which it gives away as it needs it.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    for file, pieces in _neighbours(members):
        try:
            opened = os.open(file, os.O_RDONLY)
        except OSError:
            continue  # it is told of when the image is read
        try:
            for start, end in pieces:
                for at in range(start, end, _PIECE):
                    size = min(_PIECE, end - at)
                    os.posix_fadvise(opened, at, size, os.POSIX_FADV_WILLNEED)
        except OSError:
            continue
        finally:
            os.close(opened)


def _neighbours(
    members: Iterable[Member],
) -> Iterator[tuple[Any, list[tuple[int, int]]]]:
    """The bytes of members by file, those that lie close together as one piece."""
    found: dict[Any, list[tuple[int, int]]] = {}
    for each in members:
        found.setdefault(each.file, []).append((each.start, each.start + each.size))
    for file, pieces in found.items():
        joined: list[tuple[int, int]] = []
        for start, end in sorted(pieces):
            if joined and start - joined[-1][1] <= _PIECE:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        yield file, joined
