"""A run of a training script, from its command line to the test."""

from __future__ import annotations

import math
import time

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.schedules import stops
from netspec.functional.script.epoch import Viewed, evaluate, train_epoch
from netspec.functional.script.process import join, leave, parse_options
from netspec.functional.script.run import Run, save, save_last, start
from netspec.functional.script.settings import (
    AVERAGES,
    COUNTED,
    MIN_DELTA,
    PATIENCE,
    SHARES,
    VALIDATES,
    VIEWS,
    WATCHES,
)
from netspec.functional.script.splits import Split


def main() -> None:
    """Train by the recipe, alone or as one of the processes of torchrun."""
    options = parse_options()
    process = join(options.device)
    try:
        if options.batch_size % process.world:
            raise SystemExit(f"--batch-size must be divisible by {process.world}")
        train(start(options, process))
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
    leave(process)


def train(run: Run) -> None:
    """All epochs, each followed by a checkpoint; then the test."""
    steps = run.steps
    while run.step < steps.total:
        if PATIENCE is not None and stops(run.losses, PATIENCE, MIN_DELTA):
            break
        begun, first = time.perf_counter(), run.step
        values = train_epoch(run).values()
        images = len(run.splits.train) * (run.step - first) / steps.per_epoch
        rate = images / (time.perf_counter() - begun)
        epoch, epochs = (-(-n // steps.per_epoch) for n in (run.step, steps.total))
        if not math.isfinite(values["loss"]):
            raise SystemExit(f"the loss became {values['loss']} in epoch {epoch}")
        report = f"epoch {epoch}/{epochs}  {told(values)}  {rate:,.0f} {COUNTED}/s"
        finish_epoch(run, report, values["loss"])
    if run.process.rank == 0 and run.splits.test is not None:
        test(run, run.splits.test)
    if run.process.world > 1:
        dist.barrier()  # a process that ends alone may take its threads with it


def finish_epoch(run: Run, report: str, loss: float) -> None:
    """Report and save; validate where there are validation images."""
    if run.process.rank == 0:
        if VALIDATES and run.splits.validation is not None:
            split = run.splits.validation
            values = judge(run, split) if AVERAGES else evaluate(run, split)
            report += f"  validation {told(values)}"
            loss = values["loss"]
            if not run.losses or loss < min(run.losses):
                weights = weights_of(run) if AVERAGES else run.network.state_dict()
                save(weights, run.options.out / "best.pt")
        print(report, flush=True)
    if (PATIENCE is not None or WATCHES) and run.process.world > 1:
        shared = torch.tensor(loss, dtype=torch.float64, device=run.process.device)
        dist.broadcast(shared, 0)
        loss = shared.item()
    if VALIDATES or PATIENCE is not None or WATCHES:
        run.losses.append(loss)
    save_last(run)


def test(run: Run, split: Split) -> None:
    """Judge the final weights by the test, and the best, where some were chosen."""
    values = judge(run, split) if AVERAGES else evaluate(run, split)
    print(f"test {told(values)}  of {len(split):,} {COUNTED}")
    if VIEWS is not None:
        print(f"test ({VIEWS}) {told(by_views(run, split))}")
    if VALIDATES:
        best = run.options.out / "best.pt"
        if run.splits.validation is not None:
            weights = torch.load(best, map_location="cpu", weights_only=True)
            run.network.load_state_dict(weights)
            print(f"of the best epoch {told(evaluate(run, split))}")


def by_views(run: Run, split: Split) -> dict[str, float]:
    """The figures of the mean outputs for several views of each image."""
    network = run.network
    run.network = Viewed(network)
    try:
        return judge(run, split) if AVERAGES else evaluate(run, split)
    finally:
        run.network = network


def judge(run: Run, split: Split) -> dict[str, float]:
    """The figures of the weights that follow the network's."""
    with run.average.in_place():
        return evaluate(run, split)


def weights_of(run: Run) -> dict[str, Tensor]:
    """The weights that are judged: the averages, and what is not averaged."""
    return {**run.network.state_dict(), **run.average.tensors}


def told(values: dict[str, float]) -> str:
    """Figures in words; shares as per cent."""
    return "  ".join(
        f"{name} {value:.2%}" if name in SHARES else f"{name} {value:.4f}"
        for name, value in values.items()
    )
