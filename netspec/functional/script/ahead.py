"""Batches that are made while those before them are used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from netspec.functional.data.shard_order import read_soon
from netspec.functional.script.run import Run, order_of_shards
from netspec.functional.script.settings import ACCUMULATE

T = TypeVar("T")


def ahead(batches: Iterator[T]) -> Iterator[T]:
    """Batches, each made while the one before it is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def with_reading_ahead(run: Run, batches: Iterator[Any], left: int) -> Iterator[Any]:
    """Batches of shards, while the system reads what enters the buffer of the order.

    Args:
        run: The run.
        batches: They come as they are asked for.
        left: The images that are left of the epoch.
    """
    streamed: Any = run.splits.train.images
    sources, epoch = streamed.sources, run.step // run.steps.per_epoch
    order, size = order_of_shards(run, epoch), run.options.batch_size
    first = run.step % run.steps.per_epoch * size * ACCUMULATE
    end = first + left
    soon = order.held(first)
    while first < end:
        last = min(first + size, end)
        soon = torch.cat([soon, order.entering(first, last)])
        read_soon(sources[row] for row in soon.tolist())
        yield next(batches)
        soon, first = soon[:0], last
