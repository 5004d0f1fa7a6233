"""Steps over the batches of an epoch, and rounds that judge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from netspec.functional.aims import AimedFigures, losses_of
from netspec.functional.figures import Figures
from netspec.functional.inputs import normalised
from netspec.functional.of_boxes import LossFigures
from netspec.functional.packing import targets_by_output
from netspec.functional.precision import computed
from netspec.functional.schedules import decay_at, kept_at
from netspec.functional.script.ahead import ahead, with_reading_ahead
from netspec.functional.script.detecting import (
    boxed_batches,
    evaluate_boxes,
    loss_of_boxes,
)
from netspec.functional.script.run import (
    Run,
    enter,
    rows_of_steps,
    save_last,
)
from netspec.functional.script.settings import (
    ACCUMULATE,
    ACROSS,
    ALPHA,
    AUGMENTS,
    BLANK,
    CROP_NUMBERS,
    CROP_SIZE,
    CROPS,
    DETECTS,
    DICT_IN_EVALUATION,
    DICT_IN_TRAINING,
    EMA,
    EMA_WARMUP,
    EVERY,
    IGNORED,
    LOSSES,
    LR,
    MIXES,
    PENALTIES,
    PHASES,
    POWER,
    SAVE_SECONDS,
    SAVE_STEPS,
    SEVERAL,
    SHUFFLE_BUFFER,
    SIDE_LOSS,
    SIDE_OUTPUTS,
    STREAMS,
    TASK,
    WATCHES,
    WEIGHED,
    aims,
    as_values,
    boxes,
    clip,
    criterion,
    headline,
    learning_rate,
    metrics,
)
from netspec.functional.script.splits import Split, as_floats

Batch = tuple[Tensor, Tensor]
"""The network's inputs, and the targets of its outputs."""


def train_epoch(run: Run) -> Figures:
    """One round over the images, or what is left of it."""
    epoch, first = divmod(run.step, run.steps.per_epoch)
    if SEVERAL:
        figures: Figures = AimedFigures(aims, run.process.device, whole=False)
    elif DETECTS:
        figures = LossFigures(LOSSES, run.process.device)
    else:
        figures = Figures(headline, run.process.device)
    if PHASES:
        enter(run, run.step)
    run.model.train()
    if PHASES:
        run.learners.freeze(run.timetable.phases[run.phase])
    steps = rows_of_steps(run, epoch)[first : first + run.steps.total - run.step]
    if ACCUMULATE == 1:
        batches = batches_of(run, steps)
    else:
        size = run.options.batch_size
        batches = batches_of(run, [part for rows in steps for part in rows.split(size)])
    last = run.step + len(steps)
    while run.step < last:
        if PHASES:
            enter(run, run.step)
        for group in run.optimizer.param_groups:
            if PHASES:
                group["lr"] = run.timetable.rate(run.step) * group["lr_scale"]
            elif WATCHES:
                rate = learning_rate(LR, run.step, run.steps, losses=run.losses)
                group["lr"] = rate
            else:
                group["lr"] = learning_rate(LR, run.step, run.steps)
        run.optimizer.zero_grad()
        if ACCUMULATE == 1:
            run.scaler.scale(loss_of(run, next(batches), figures)).backward()
        else:
            rows = steps[run.step - last]
            for part in rows.split(size):
                share = len(part) / len(rows)
                loss = loss_of(run, next(batches), figures) * share
                run.scaler.scale(loss).backward()
        if clip is not None:
            run.scaler.unscale_(run.optimizer)
            clip([p for group in run.optimizer.param_groups for p in group["params"]])
        run.scaler.step(run.optimizer)
        run.scaler.update()
        if EMA is not None:
            run.average.update(decay_at(run.step, EMA, EMA_WARMUP))
        if EVERY is not None:
            kept = kept_at(run.step, run.steps.total, EVERY, ALPHA, POWER)
            if kept is not None:
                run.average.update(kept)
                run.average.call_back()
        run.step += 1
        if SAVE_STEPS is not None and run.step % SAVE_STEPS == 0:
            save_last(run)
        if SAVE_SECONDS is not None and time.monotonic() - run.saved > SAVE_SECONDS:
            save_last(run)
    if run.process.world > 1:
        figures.share()
    return figures


def batches_of(run: Run, rows: list[Tensor]) -> Iterator[Any]:
    """The batches of an epoch from its first step to do, each with its rows."""
    if DETECTS:
        return boxed_batches(run, rows)
    if AUGMENTS:
        start = run.step if ACCUMULATE == 1 else run.step * ACCUMULATE
        numbered = enumerate(rows, start)
        batches = (augmented_batch(run, each, number) for number, each in numbered)
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
    return with_targets(run, images, targets)


def with_targets(run: Run, images: Tensor, targets: Tensor) -> Batch:
    """The network's inputs, and the targets of its outputs."""
    if SEVERAL:
        return images, by_output(run, images, targets)
    if TASK != "classification":
        targets = targets_of(images, targets)
    return images, targets


def augmented_batch(run: Run, batch: Tensor, number: int) -> Batch:
    """This process's rows of a batch, augmented and then ready for the network."""
    process, splits, seed = run.process, run.splits, run.options.seed
    share, size = slice(process.rank, None, process.world), len(batch)
    positions = splits.augmenting.positions(size, share)
    own = batch[positions]
    rows = own.to(process.device)
    images, targets = splits.train.images, splits.train.targets[rows]
    if CROPS:
        numbers, _ = splits.augmenting.numbers(seed, number, size)
        draws = numbers[positions, :CROP_NUMBERS]
        streamed: Any = images
        raw = streamed.cropped(rows, draws, boxes, CROP_SIZE)
    else:
        raw = images[rows]
    epoch = number // (run.steps.per_epoch * ACCUMULATE)
    raw, targets = splits.augmenting.augmented(
        raw, targets, seed, number, share, size, own, epoch
    )
    images = normalised(as_floats(raw), *splits.figures)
    return with_targets(run, images, targets)


def loss_of(run: Run, batch: Any, figures: Figures) -> Tensor:
    """The loss of a batch, which is counted."""
    if DETECTS:
        counter: Any = figures
        return loss_of_boxes(run, batch, counter)
    images, targets = batch
    outputs = answers(run, run.model, images)
    if SEVERAL:
        told: Any = targets
        losses: Any = losses_of(run.splits.aims if WEIGHED else aims, outputs, told)
        figures.update(outputs, told, losses)
        total: Tensor = losses["loss"]
        return total
    if DICT_IN_TRAINING:
        loss = penalty(run, outputs["output"], targets)
        for name in SIDE_OUTPUTS:
            loss = loss + SIDE_LOSS * penalty(run, outputs[name], targets)
        outputs = outputs["output"]
    else:
        loss = penalty(run, outputs, targets)
    if TASK == "regression" or MIXES or PENALTIES or as_values is not None:
        outputs, targets = as_counted(outputs, targets)
    figures.update(outputs.detach(), targets, loss)
    return loss


def penalty(run: Run, outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of outputs, a scalar."""
    if WEIGHED:
        return criterion(outputs, targets, weight=run.splits.weights)
    return criterion(outputs, targets)


def answers(run: Run, model: nn.Module, images: Tensor) -> Any:
    """The outputs of the network for images, as float32."""
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return computed(model, images, types.get(run.options.amp))


def by_output(run: Run, images: Tensor, targets: Tensor) -> Any:
    """The target of each output, given the network's inputs and the data's targets."""
    packed = run.splits.outputs
    known = targets_by_output(targets, packed) if packed else {}
    pairs = ((aim, known.get(aim.name, targets)) for aim in aims)
    return {aim.name: aim.target(images, target) for aim, target in pairs}


def targets_of(images: Tensor, targets: Tensor) -> Tensor:
    """The targets that outputs are compared with, given the network's inputs."""
    if TASK == "autoencoding":
        return images
    if TASK in ("multi_label", "regression"):
        return targets[:, None] if targets.ndim == 1 else targets
    targets = targets.long()
    if IGNORED is not None and BLANK != IGNORED:
        targets = targets.where(targets != BLANK, IGNORED)
    return targets


def as_counted(outputs: Tensor, targets: Tensor) -> Batch:
    """Outputs and targets in the form that metrics take."""
    if as_values is not None:
        outputs = as_values(outputs)
    if TASK == "regression":
        outputs, targets = outputs.flatten(1).double(), targets.flatten(1).double()
    if MIXES and TASK == "classification" and targets.is_floating_point():
        targets = targets.argmax(1)
    if PENALTIES:
        outputs = -outputs  # the smallest is the likeliest
    return outputs, targets


def evaluate(run: Run, split: Split) -> dict[str, float]:
    """The figures of the network in evaluation mode."""
    if DETECTS:
        return evaluate_boxes(run, split)
    run.network.eval()
    if SEVERAL:
        figures: Figures = AimedFigures(aims, run.process.device, whole=True)
    else:
        figures = Figures(metrics, run.process.device)
    size = run.options.batch_size if ACROSS else 512  # a loss may compare all of them
    rows = torch.arange(len(split)).split(size)
    batches = (batch_of(run, split, each) for each in rows)
    with torch.inference_mode():
        for images, targets in ahead(batches) if STREAMS else batches:
            outputs = answers(run, run.network, images)
            if SEVERAL:
                told: Any = targets
                own = run.splits.aims if WEIGHED else aims
                loss: Any = losses_of(own, outputs, told)
            else:
                if DICT_IN_EVALUATION:
                    outputs = outputs["output"]
                loss = penalty(run, outputs, targets)
                if TASK == "regression" or MIXES or PENALTIES or as_values is not None:
                    outputs, targets = as_counted(outputs, targets)
            figures.update(outputs, targets, loss)
    return figures.values()
