"""The batches of a detector: lists of images, with what is in each."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from netspec.functional.augment.augmenting import alternated, step_numbers
from netspec.functional.augment.boxed_batches import augmented_boxes
from netspec.functional.augment.scene import Scene
from netspec.functional.data.boxed import BRIGHTEST
from netspec.functional.data.objects import BoxTarget, target_of
from netspec.functional.script.ahead import ahead
from netspec.functional.script.boxes.splits import Split
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    ACCUMULATE,
    ALTERNATING,
    AUGMENTS,
    STREAMS,
    VISIBLE,
    changes,
)

BoxedBatch = tuple[list[Tensor], list[BoxTarget]]
"""Images [3, H, W] from 0 to 1, of any sizes, and their targets."""


def batches_of(run: Run, epoch: int, rows: list[Tensor]) -> Iterator[BoxedBatch]:
    """The batches of an epoch from its first step to do, each with its rows."""
    if AUGMENTS:
        first = run.step if ACCUMULATE == 1 else run.step * ACCUMULATE
        numbered = enumerate(rows, first)
        batches = (augmented_batch(run, epoch, n, each) for n, each in numbered)
    else:
        share = slice(run.process.rank, None, run.process.world)
        batches = (batch_of(run, run.splits.train, each[share]) for each in rows)
    return ahead(batches) if STREAMS else batches


def batch_of(run: Run, split: Split, rows: Tensor) -> BoxedBatch:
    """Some images of a split as the detector takes them, and what is in them."""
    images, targets = as_read(run, split, rows)
    return [image.float() / BRIGHTEST for image in images], targets


def augmented_batch(run: Run, epoch: int, number: int, batch: Tensor) -> BoxedBatch:
    """This process's rows of a batch, augmented."""
    share, seed = slice(run.process.rank, None, run.process.world), run.options.seed
    images, targets = as_read(run, run.splits.train, batch[share])
    count = sum(count for count, _ in changes)
    numbers, _ = step_numbers(seed, number, len(batch), [count])
    draws = numbers[share]
    if ALTERNATING:
        draws = alternated(draws, batch[share], seed, epoch, ALTERNATING)
    images, targets = augmented_boxes(
        images, targets, draws, changes, Scene(BRIGHTEST, (0.0,)), VISIBLE
    )
    return [image.float() / BRIGHTEST for image in images], targets


def as_read(run: Run, split: Split, rows: Tensor) -> BoxedBatch:
    """Some images [3, H, W] of a split as they are, and what is in them."""
    device = run.process.device
    if STREAMS:
        found = run.splits.readers.map(split.pixels, rows.tolist())
    else:
        found = map(split.pixels, rows.tolist())
    images = [torch.from_numpy(each).to(device) for each in found]
    told = [target_of(split.truth(row)) for row in rows.tolist()]
    return images, [{name: t.to(device) for name, t in each.items()} for each in told]
