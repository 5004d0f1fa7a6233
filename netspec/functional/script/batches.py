"""The batches of images, ready for the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from netspec.functional.augment.augmenting import all_changed, alternated, step_numbers
from netspec.functional.augment.mixing import mixed, with_partners
from netspec.functional.inputs import normalised
from netspec.functional.script.ahead import ahead, with_reading_ahead
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    ACCUMULATE,
    ALTERNATING,
    AUGMENTS,
    CLASSES,
    CROP_NUMBERS,
    CROP_SIZE,
    CROPS,
    MIXES,
    SEVERAL,
    SHUFFLE_BUFFER,
    STREAMS,
    boxes,
    changes,
    mixes,
    targets_of,
)
from netspec.functional.script.splits import Split, as_floats
from netspec.functional.script.targets import Batch, with_targets


def batches_of(run: Run, epoch: int, rows: list[Tensor]) -> Iterator[Batch]:
    """The batches of an epoch from its first step to do, each with its rows."""
    if AUGMENTS:
        first = run.step if ACCUMULATE == 1 else run.step * ACCUMULATE
        numbered = enumerate(rows, first)
        batches = (augmented_batch(run, epoch, n, each) for n, each in numbered)
    else:
        share = slice(run.process.rank, None, run.process.world)
        batches = (batch_of(run, run.splits.train, each[share]) for each in rows)
    if SHUFFLE_BUFFER is not None:
        return ahead(with_reading_ahead(run, batches, sum(map(len, rows))))
    return ahead(batches) if STREAMS else batches


def batch_of(run: Run, split: Split, rows: Tensor) -> Batch:
    """Some images of a split, ready for the network, and their targets."""
    rows = rows.to(run.process.device)
    images, targets = split.images[rows], split.targets[rows]
    if targets_of is not None or SEVERAL:
        return with_targets(run, images, targets)
    return images, targets


def augmented_batch(run: Run, epoch: int, number: int, batch: Tensor) -> Batch:
    """This process's rows of a batch, augmented and then ready for the network."""
    process, splits, seed = run.process, run.splits, run.options.seed
    share, size = slice(process.rank, None, process.world), len(batch)
    count = sum(count for count, _ in changes)
    if MIXES:
        positions = with_partners(size, share)
        ways = [count + more for more, _ in mixes]
        numbers, way = step_numbers(seed, number, size, ways)
    else:
        positions = torch.arange(size)[share]
        numbers, _ = step_numbers(seed, number, size, [count])
    draws, own = numbers[positions], batch[positions]
    if ALTERNATING:
        draws = alternated(draws, own, seed, epoch, ALTERNATING)
    rows = own.to(process.device)
    targets = splits.train.targets[rows]
    if CROPS:
        streamed: Any = splits.train.images
        raw = streamed.cropped(rows, draws[:, :CROP_NUMBERS], boxes, CROP_SIZE)
        left = draws[:, CROP_NUMBERS:]
        raw, targets = all_changed(raw, targets, left, changes[1:], splits.scene)
    else:
        raw = splits.train.images[rows]
        raw, targets = all_changed(raw, targets, draws, changes, splits.scene)
    if MIXES:
        _, mix = mixes[way]
        left = draws[:, count:]
        raw, targets = mixed(raw, targets, left, positions, share, size, mix, CLASSES)
    images = normalised(as_floats(raw), *splits.figures)
    if targets_of is not None or SEVERAL:
        return with_targets(run, images, targets)
    return images, targets
