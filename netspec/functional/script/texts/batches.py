"""The batches of windows: their tokens, and those that are to be told."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from netspec.functional.order import order_generator
from netspec.functional.script.run import Run
from netspec.functional.script.settings import HIDES, hidden
from netspec.functional.script.targets import Batch
from netspec.functional.script.texts.splits import Split


def batches_of(run: Run, epoch: int, rows: list[Tensor]) -> Iterator[Batch]:
    """The batches of an epoch from its first step to do, each with its rows."""
    share = slice(run.process.rank, None, run.process.world)
    if HIDES:
        return hidden_batches(run, epoch, [each[share] for each in rows])
    return (batch_of(run, run.splits.train, each[share]) for each in rows)


def batch_of(run: Run, split: Split, rows: Tensor) -> Batch:
    """Some windows, int64 [B, length], and the tokens that are to be told of each."""
    tokens = split.read(rows)
    seen, wanted = tokens[:, :-1], tokens[:, 1:]
    if HIDES:
        seen, wanted = hidden(seen, rows)
    return seen.to(run.process.device), wanted.to(run.process.device)


def hidden_batches(run: Run, epoch: int, rows: list[Tensor]) -> Iterator[Batch]:
    """Batches in each of which a window's hidden tokens are others in every epoch."""
    split, device = run.splits.train, run.process.device
    stream = order_generator(run.options.seed + 1, epoch)
    chance = torch.rand(len(split), generator=stream)
    for each in rows:
        seeds = (chance[each].double() * 2**31).long()
        seen, wanted = hidden(split.read(each)[:, :-1], seeds)
        yield seen.to(device), wanted.to(device)
