"""Steps of a detector over lists of images, and rounds that judge what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from netspec.functional.augment.boxed_batches import augmented_boxes
from netspec.functional.data.boxed import BRIGHTEST, Boxed
from netspec.functional.data.objects import BoxTarget, target_of
from netspec.functional.detection import found_and_lost
from netspec.functional.of_boxes import BoxFigures, LossFigures
from netspec.functional.script.ahead import ahead
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    ACCUMULATE,
    AUGMENTS,
    CLASSES,
    LOSSES,
    STREAMS,
    VISIBLE,
    criterion,
)
from netspec.functional.script.splits import Split

BoxedBatch = tuple[list[Tensor], list[BoxTarget]]
"""Images [3, H, W] from 0 to 1, of any sizes, and their targets."""


def boxed_batches(run: Run, rows: list[Tensor]) -> Iterator[BoxedBatch]:
    """The batches of an epoch from its first step to do, each with its rows."""
    first = run.step * ACCUMULATE
    batches = (boxed_batch(run, each, n) for n, each in enumerate(rows, first))
    return ahead(batches) if STREAMS else batches


def boxed_batch(run: Run, rows: Tensor, number: int) -> BoxedBatch:
    """This process's rows of a batch, as the detector takes them."""
    share = slice(run.process.rank, None, run.process.world)
    own = rows[share]
    images, targets = read_objects(run.splits.train, own, run.process.device)
    if AUGMENTS:
        images, targets = augmented_boxes(
            images,
            targets,
            own,
            run.splits.augmenting,
            run.options.seed,
            number,
            share,
            len(rows),
            number // (run.steps.per_epoch * ACCUMULATE),
            VISIBLE,
        )
    return [image.float() / BRIGHTEST for image in images], targets


def read_objects(
    split: Split, rows: Tensor, device: torch.device
) -> tuple[list[Tensor], list[BoxTarget]]:
    """Some images [3, H, W] of a split as they are, and what is in them."""
    kept: Any = split.images
    part: Boxed = kept
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(part.pixels, rows.tolist()))
    images = [torch.from_numpy(each).to(device) for each in found]
    told = [target_of(part.truth(row)) for row in rows.tolist()]
    return images, [{name: t.to(device) for name, t in each.items()} for each in told]


def loss_of_boxes(run: Run, batch: BoxedBatch, figures: LossFigures) -> Tensor:
    """The sum of the losses that the detector gives for a batch; all are counted."""
    images, targets = batch
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    dtype = types.get(run.options.amp)
    kind = run.process.device.type
    with torch.autocast(kind, dtype) if dtype else nullcontext():
        given = run.model(images, targets)
    losses: Any = criterion(given)
    figures.update(given, targets, losses)
    total: Tensor = losses["loss"]
    return total


def evaluate_boxes(run: Run, split: Split) -> dict[str, float]:
    """The losses of the detector in evaluation mode, and how well it finds objects.

    Boxes that losses draw at random are the same at each call.
    """
    run.network.eval()
    device = run.process.device
    devices = [device] if device.type == "cuda" else []
    figures = BoxFigures(LOSSES, CLASSES, device)
    rows = torch.arange(len(split)).split(run.options.batch_size)
    read = (read_objects(split, each, device) for each in rows)
    with torch.no_grad(), torch.random.fork_rng(devices):
        torch.manual_seed(0)
        for images, targets in ahead(read) if STREAMS else read:
            shares = [image.float() / BRIGHTEST for image in images]
            given: Any = criterion
            found, losses = found_and_lost(run.network, given, shares, targets)
            figures.update(found, targets, losses)
    return figures.values()
