"""The losses of a batch of several outputs, and rounds that judge."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.functional.aims import AimedFigures, losses_of
from netspec.functional.script.ahead import ahead
from netspec.functional.script.answering import answers
from netspec.functional.script.batches import batch_of
from netspec.functional.script.run import Run
from netspec.functional.script.settings import EVAL_BATCH_SIZE, STREAMS, WEIGHED, aims
from netspec.functional.script.several.targets import Batch
from netspec.functional.script.splits import Split


def figures_of_steps(run: Run) -> AimedFigures:
    """The figures that are counted in training."""
    return AimedFigures(aims, run.process.device, whole=False)


def loss_of(run: Run, batch: Batch, figures: AimedFigures) -> Tensor:
    """The sum of the outputs' losses for a batch; all are counted."""
    images, targets = batch
    outputs = answers(run, run.model, images)
    losses = losses_of(run.splits.aims if WEIGHED else aims, outputs, targets)
    figures.update(outputs, targets, losses)
    return losses["loss"]


def evaluate(run: Run, split: Split) -> dict[str, float]:
    """The figures of the network in evaluation mode."""
    run.network.eval()
    figures = AimedFigures(aims, run.process.device, whole=True)
    size = run.options.batch_size if EVAL_BATCH_SIZE is None else EVAL_BATCH_SIZE
    rows = torch.arange(len(split)).split(size)
    batches = (batch_of(run, split, each) for each in rows)
    with torch.inference_mode():
        for images, targets in ahead(batches) if STREAMS else batches:
            outputs = answers(run, run.network, images)
            losses = losses_of(run.splits.aims if WEIGHED else aims, outputs, targets)
            figures.update(outputs, targets, losses)
    return figures.values()
