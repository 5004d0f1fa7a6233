"""The losses of a batch of several outputs, and rounds that judge."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netspec.functional.aims import Aim, AimedFigures, losses_of
from netspec.functional.process import label_factors
from netspec.functional.script.ahead import ahead
from netspec.functional.script.answering import answers
from netspec.functional.script.batches import batch_of
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    EVAL_BATCH_SIZE,
    STANDARDISED,
    STREAMS,
    WEIGHED,
    aims,
)
from netspec.functional.script.several.targets import Batch
from netspec.functional.script.splits import Split


def aims_of(run: Run) -> Sequence[Aim]:
    """The aims of the outputs, with what the training data tell them."""
    return run.splits.aims if WEIGHED or STANDARDISED else aims


def figures_of_steps(run: Run) -> AimedFigures:
    """The figures that are counted in training."""
    return AimedFigures(aims_of(run), run.process.device, whole=False)


def losses_of_batch(run: Run, batch: Batch, figures: AimedFigures) -> dict[str, Tensor]:
    """The losses of the outputs for a batch, which are counted, and their sum."""
    images, targets = batch
    outputs = answers(run, run.model, images)
    losses = losses_of(aims_of(run), outputs, targets)
    figures.update(outputs, targets, losses)
    return losses


def loss_of(run: Run, batch: Batch, figures: AimedFigures) -> Tensor:
    """The sum of the outputs' losses for a batch; all are counted."""
    return losses_of_batch(run, batch, figures)["loss"]


def weighed_loss_of(
    run: Run, batch: Batch, figures: AimedFigures, factors: Tensor
) -> Tensor:
    """The part of a batch in the loss of its step; all losses are counted."""
    losses = losses_of_batch(run, batch, figures)
    each = zip(aims, factors, strict=True)
    parts = [aim.weight * own * losses[f"{aim.name}.loss"] for aim, own in each]
    return torch.stack(parts).sum()


def factors_of(run: Run, batches: Sequence[Batch]) -> Tensor:
    """The factors of the mean losses of a step's batches: the shares of their labels.

    Labels are those of all processes; their gradients are averaged.
    """
    device = run.process.device
    own = torch.zeros(len(batches), len(aims), dtype=torch.float64, device=device)
    for index, (_, targets) in enumerate(batches):
        for column, aim in enumerate(aims_of(run)):
            own[index, column] = aim.weight_of(targets[aim.name])
    return label_factors(own, run.process.world)


def evaluate(run: Run, split: Split) -> dict[str, float]:
    """The figures of the network in evaluation mode."""
    run.network.eval()
    figures = AimedFigures(aims_of(run), run.process.device, whole=True)
    size = run.options.batch_size if EVAL_BATCH_SIZE is None else EVAL_BATCH_SIZE
    rows = torch.arange(len(split)).split(size)
    batches = (batch_of(run, split, each) for each in rows)
    with torch.inference_mode():
        for images, targets in ahead(batches) if STREAMS else batches:
            outputs = answers(run, run.network, images)
            losses = losses_of(aims_of(run), outputs, targets)
            figures.update(outputs, targets, losses)
    return figures.values()
