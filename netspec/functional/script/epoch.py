"""Steps over the batches of an epoch."""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.figures import Figures
from netspec.functional.inputs import normalised
from netspec.functional.order import epoch_order
from netspec.functional.schedules import decay_at
from netspec.functional.script.process import Process
from netspec.functional.script.run import Run, enter, save_last
from netspec.functional.script.settings import (
    ACCUMULATE,
    AUGMENTS,
    BLANK,
    CROP_NUMBERS,
    CROP_SIZE,
    CROPS,
    DICT_IN_EVALUATION,
    DICT_IN_TRAINING,
    DROP_LAST,
    EMA,
    EMA_WARMUP,
    IGNORED,
    LR,
    MIXES,
    PENALTIES,
    PHASES,
    SAVE_SECONDS,
    SAVE_STEPS,
    SIDE_LOSS,
    SIDE_OUTPUTS,
    TASK,
    boxes,
    clip,
    criterion,
    headline,
    learning_rate,
    metrics,
)
from netspec.functional.script.splits import Split, Splits, as_floats


def rows_of_steps(
    split: Split, epoch: int, options: argparse.Namespace, process: Process
) -> tuple[Tensor, ...]:
    """The images of each step of an epoch: a function of the seed and the epoch.

    All processes draw the same order, and each takes as many images of every batch of
    it as any other.
    """
    order = epoch_order(len(split), options.seed, epoch)
    whole = options.batch_size if DROP_LAST else process.world
    order = order[: len(order) // whole * whole]
    size = options.batch_size if ACCUMULATE == 1 else options.batch_size * ACCUMULATE
    batches: tuple[Tensor, ...] = order.split(size)
    return batches


def train_epoch(
    run: Run,
    splits: Splits,
    options: argparse.Namespace,
    process: Process,
) -> Figures:
    """One round over the images, or what is left of it."""
    epoch, first = divmod(run.step, run.steps.per_epoch)
    figures = Figures(headline)
    if PHASES:
        enter(run, run.step, process)
        run.model.train()
        run.learners.freeze(run.timetable.phases[run.phase])
    else:
        run.model.train()
    for rows in rows_of_steps(splits.train, epoch, options, process)[first:]:
        if run.step == run.steps.total:
            break
        if PHASES:
            enter(run, run.step, process)
            rate = run.timetable.rate(run.step)
            for group in run.optimizer.param_groups:
                group["lr"] = rate * group["lr_scale"]
        else:
            for group in run.optimizer.param_groups:
                group["lr"] = learning_rate(LR, run.step, run.steps)
        run.optimizer.zero_grad()
        if ACCUMULATE == 1:
            fed = batch_of(splits, rows, run.step, options, process)
            learn(run, fed, figures, options)
        else:
            for index, batch in enumerate(rows.split(options.batch_size)):
                number = run.step * ACCUMULATE + index
                fed = batch_of(splits, batch, number, options, process)
                learn(run, fed, figures, options, len(batch) / len(rows))
        if clip is not None:
            run.scaler.unscale_(run.optimizer)
            clip([p for group in run.optimizer.param_groups for p in group["params"]])
        run.scaler.step(run.optimizer)
        run.scaler.update()
        if EMA is not None:
            run.average.update(decay_at(run.step, EMA, EMA_WARMUP))
        run.step += 1
        if SAVE_STEPS is not None and run.step % SAVE_STEPS == 0:
            save_last(run, options, process)
        if SAVE_SECONDS is not None and time.monotonic() - run.saved > SAVE_SECONDS:
            save_last(run, options, process)
    if process.world > 1:
        figures.share()
    return figures


def batch_of(
    splits: Splits,
    batch: Tensor,
    number: int,
    options: argparse.Namespace,
    process: Process,
) -> tuple[Tensor, Tensor]:
    """The network's inputs and the targets of this process's rows of a batch."""
    split = splits.train
    if AUGMENTS:
        share, size = slice(process.rank, None, process.world), len(batch)
        rows = batch[splits.augmenting.positions(size, share)].to(process.device)
        targets = split.targets[rows]
        if CROPS:
            numbers, _ = splits.augmenting.numbers(options.seed, number, size)
            draws = numbers[splits.augmenting.positions(size, share)]
            streamed: Any = split.images
            raw = streamed.cropped(rows, draws[:, :CROP_NUMBERS], boxes, CROP_SIZE)
        else:
            raw = split.images[rows]
        raw, targets = splits.augmenting.augmented(
            raw, targets, options.seed, number, share, size
        )
        images = normalised(as_floats(raw), *splits.figures)
        return images, targets_of(images, targets)
    rows = batch[process.rank :: process.world].to(process.device)
    images = split.images[rows]
    return images, targets_of(images, split.targets[rows])


def learn(
    run: Run,
    batch: tuple[Tensor, Tensor],
    figures: Figures,
    options: argparse.Namespace,
    weight: float = 1.0,
) -> None:
    """Add the gradients of a batch."""
    images, targets = batch
    outputs = answers(run.model, images, options)
    if DICT_IN_TRAINING:
        loss = criterion(outputs["output"], targets)
        for name in SIDE_OUTPUTS:
            loss = loss + SIDE_LOSS * criterion(outputs[name], targets)
        count(figures, outputs["output"], targets, loss)
    else:
        loss = criterion(outputs, targets)
        count(figures, outputs, targets, loss)
    run.scaler.scale(loss * weight).backward()


def answers(model: nn.Module, images: Tensor, options: argparse.Namespace) -> Any:
    """The outputs of the network for images, as float32."""
    precision = torch.float16 if options.amp == "fp16" else torch.bfloat16
    with torch.autocast(images.device.type, precision, bool(options.amp)):
        outputs = model(images)
    if (DICT_IN_TRAINING or DICT_IN_EVALUATION) and isinstance(outputs, dict):
        return {name: output.float() for name, output in outputs.items()}
    return outputs.float()


def targets_of(images: Tensor, targets: Tensor) -> Tensor:
    """The targets that outputs are compared with, given the network's inputs."""
    if TASK == "autoencoding":
        return images
    if TASK == "regression" and targets.ndim == 1:
        return targets[:, None]
    if TASK == "segmentation":
        targets = targets.long()
        if IGNORED is not None and BLANK != IGNORED:
            targets = targets.where(targets != BLANK, IGNORED)
    return targets


def count(figures: Figures, outputs: Tensor, targets: Tensor, loss: Tensor) -> None:
    """Count a batch, in the form that metrics take."""
    outputs = outputs.detach()
    if TASK == "regression":
        outputs, targets = outputs.flatten(1).double(), targets.flatten(1).double()
    if MIXES and TASK == "classification" and targets.is_floating_point():
        targets = targets.argmax(1)
    if PENALTIES:
        outputs = -outputs  # the smallest is the likeliest
    figures.update(outputs, targets, loss)


def evaluate(
    network: nn.Module, split: Split, options: argparse.Namespace, device: torch.device
) -> dict[str, float]:
    """The figures of a network in evaluation mode."""
    network.eval()
    figures = Figures(metrics)
    with torch.inference_mode():
        for rows in torch.arange(len(split), device=device).split(512):
            images = split.images[rows]
            targets = targets_of(images, split.targets[rows])
            outputs = answers(network, images, options)
            if DICT_IN_EVALUATION:
                outputs = outputs["output"]
            count(figures, outputs, targets, criterion(outputs, targets))
    return figures.values()
