"""The losses of a detector for a batch, and rounds that judge what it finds."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from netspec.functional.detection import found_and_lost
from netspec.functional.of_boxes import BoxFigures, LossFigures
from netspec.functional.script.ahead import ahead
from netspec.functional.script.boxes.batches import BoxedBatch, batch_of
from netspec.functional.script.boxes.splits import Split
from netspec.functional.script.run import Run
from netspec.functional.script.settings import CLASSES, LOSSES, STREAMS, box_losses


def figures_of_steps(run: Run) -> LossFigures:
    """The figures that are counted in training."""
    return LossFigures(LOSSES, run.process.device)


def loss_of(run: Run, batch: BoxedBatch, figures: LossFigures) -> Tensor:
    """The sum of the losses that the detector gives for a batch; all are counted."""
    images, targets = batch
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    dtype = types.get(run.options.amp)
    kind = run.process.device.type
    with torch.autocast(kind, dtype) if dtype else nullcontext():
        given = run.model(images, targets)
    losses = box_losses(given)
    figures.update(given, targets, losses)
    return losses["loss"]


def evaluate(run: Run, split: Split) -> dict[str, float]:
    """The losses of the detector in evaluation mode, and how well it finds objects.

    Boxes that losses draw at random are the same at each call.
    """
    run.network.eval()
    device = run.process.device
    devices = [device] if device.type == "cuda" else []
    figures = BoxFigures(LOSSES, CLASSES, device)
    rows = torch.arange(len(split)).split(run.options.batch_size)
    batches = (batch_of(run, split, each) for each in rows)
    with torch.no_grad(), torch.random.fork_rng(devices):
        torch.manual_seed(0)
        for images, targets in ahead(batches) if STREAMS else batches:
            found, losses = found_and_lost(run.network, box_losses, images, targets)
            figures.update(found, targets, losses)
    return figures.values()
