"""The loss of a batch, and rounds that judge."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netspec.functional.figures import Figures
from netspec.functional.process import label_factors
from netspec.functional.script.ahead import ahead
from netspec.functional.script.answering import answers
from netspec.functional.script.batches import batch_of
from netspec.functional.script.run import Run
from netspec.functional.script.settings import (
    DICT_IN_EVALUATION,
    DICT_IN_TRAINING,
    EVAL_BATCH_SIZE,
    SIDE_LOSS,
    SIDE_OUTPUTS,
    STANDARDISED,
    STREAMS,
    WEIGHED,
    compared,
    criterion,
    headline,
    metrics,
    weighing,
)
from netspec.functional.script.splits import Split
from netspec.functional.script.targets import Batch


def figures_of_steps(run: Run) -> Figures:
    """The figures that are counted in training."""
    return Figures(headline, run.process.device)


def loss_of(run: Run, batch: Batch, figures: Figures) -> Tensor:
    """The loss of a batch, which is counted."""
    images, targets = batch
    outputs = answers(run, run.model, images)
    if DICT_IN_TRAINING:
        if WEIGHED or STANDARDISED:
            losses = {
                name: penalty(run, each, targets) for name, each in outputs.items()
            }
        else:
            losses = {name: criterion(each, targets) for name, each in outputs.items()}
        loss = losses["output"]
        for name in SIDE_OUTPUTS:
            loss = loss + SIDE_LOSS * losses[name]
        outputs = outputs["output"]
    else:
        if WEIGHED or STANDARDISED:
            loss = penalty(run, outputs, targets)
        else:
            loss = criterion(outputs, targets)
    if weighing is not None:
        weight = weight_of(run, targets)
    if STANDARDISED and compared is not None:
        outputs, targets = compared(outputs, targets, standard=run.splits.standard)
    elif compared is not None:
        outputs, targets = compared(outputs, targets)
    if weighing is not None:
        figures.update(outputs.detach(), targets, loss, weight)
    else:
        figures.update(outputs.detach(), targets, loss)
    return loss


def weighed_loss_of(run: Run, batch: Batch, figures: Figures, factor: Tensor) -> Tensor:
    """The part of a batch in the loss of its step; its own loss is counted."""
    return loss_of(run, batch, figures) * factor


def factors_of(run: Run, batches: Sequence[Batch]) -> Tensor:
    """The factors of the mean losses of a step's batches: the shares of their labels.

    Labels are those of all processes; their gradients are averaged.
    """
    device = run.process.device
    own = torch.zeros(len(batches), dtype=torch.float64, device=device)
    for index, (_, targets) in enumerate(batches):
        own[index] = weight_of(run, targets)
    return label_factors(own, run.process.world)


def penalty(run: Run, outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of outputs by what the training data tell, a scalar."""
    if STANDARDISED:
        return criterion(outputs, targets, standard=run.splits.standard)
    return criterion(outputs, targets, weight=run.splits.weights)


def weight_of(run: Run, targets: Tensor) -> Tensor | int:
    """The weight of a batch's mean loss: what its labels weigh together."""
    if weighing is None:
        return len(targets)
    if WEIGHED:
        return weighing(targets, weight=run.splits.weights)
    return weighing(targets)


def evaluate(run: Run, split: Split) -> dict[str, float]:
    """The figures of the network in evaluation mode."""
    run.network.eval()
    figures = Figures(metrics, run.process.device)
    size = run.options.batch_size if EVAL_BATCH_SIZE is None else EVAL_BATCH_SIZE
    rows = torch.arange(len(split)).split(size)
    batches = (batch_of(run, split, each) for each in rows)
    with torch.inference_mode():
        for images, targets in ahead(batches) if STREAMS else batches:
            outputs = answers(run, run.network, images)
            if DICT_IN_EVALUATION:
                outputs = outputs["output"]
            if WEIGHED or STANDARDISED:
                loss = penalty(run, outputs, targets)
            else:
                loss = criterion(outputs, targets)
            if weighing is not None:
                weight = weight_of(run, targets)
            if STANDARDISED and compared is not None:
                standard = run.splits.standard
                outputs, targets = compared(outputs, targets, standard=standard)
            elif compared is not None:
                outputs, targets = compared(outputs, targets)
            if weighing is not None:
                figures.update(outputs, targets, loss, weight)
            else:
                figures.update(outputs, targets, loss)
    return figures.values()
