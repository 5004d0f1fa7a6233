"""Steps over the batches of an epoch."""

from __future__ import annotations

import time

from netspec.functional.figures import Figures
from netspec.functional.schedules import decay_at, kept_at
from netspec.functional.script.batches import batches_of
from netspec.functional.script.run import Run, enter, rows_of_steps, save_last
from netspec.functional.script.settings import (
    ACCUMULATE,
    ALPHA,
    EMA,
    EMA_WARMUP,
    EVERY,
    LR,
    PHASES,
    POWER,
    SAVE_SECONDS,
    SAVE_STEPS,
    WATCHES,
    WEIGHS,
    clip,
    learning_rate,
)
from netspec.functional.script.step import (
    factors_of,
    figures_of_steps,
    loss_of,
    weighed_loss_of,
)


def train_epoch(run: Run) -> Figures:
    """One round over the images, or what is left of it."""
    epoch, first = divmod(run.step, run.steps.per_epoch)
    figures = figures_of_steps(run)
    if PHASES:
        enter(run, run.step)
    run.model.train()
    if PHASES:
        run.learners.freeze(run.timetable.phases[run.phase])
    steps = rows_of_steps(run, epoch)[first : first + run.steps.total - run.step]
    if ACCUMULATE == 1:
        batches = batches_of(run, epoch, steps)
    else:
        size = run.options.batch_size
        batches = batches_of(
            run, epoch, [part for rows in steps for part in rows.split(size)]
        )
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
        if WEIGHS:
            parts = -(-len(steps[run.step - last]) // run.options.batch_size)
            fed = [next(batches) for _ in range(parts)]
            for batch, factor in zip(fed, factors_of(run, fed), strict=True):
                loss = weighed_loss_of(run, batch, figures, factor)
                run.scaler.scale(loss).backward()
        elif ACCUMULATE == 1:
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
