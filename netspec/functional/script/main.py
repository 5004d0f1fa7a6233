"""A run of a training script, from its command line to the test."""

from __future__ import annotations

import argparse
import math
import time

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.schedules import Steps
from netspec.functional.script.epoch import evaluate, rows_of_steps, train_epoch
from netspec.functional.script.process import Process, join, parse_options
from netspec.functional.script.run import Run, save, save_last, start
from netspec.functional.script.settings import (
    EMA,
    EPOCHS,
    MIN_DELTA,
    PATIENCE,
    SHARES,
    VALIDATES,
)
from netspec.functional.script.splits import Split, Splits, load_splits
from netspec.functional.stopping import stops


def main() -> None:
    """Train by the recipe, alone or as one of the processes of torchrun."""
    options = parse_options()
    process = join(options.device)
    try:
        if options.batch_size % process.world:
            raise SystemExit(f"--batch-size must be divisible by {process.world}")
        train(options, process)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def train(options: argparse.Namespace, process: Process) -> None:
    """All epochs, each followed by a checkpoint; then the test."""
    splits = load_splits(options, process)
    steps = length_of(splits.train, options, process)
    run = start(options, process, steps)
    epochs = -(-steps.total // steps.per_epoch)
    while run.step < steps.total:
        if PATIENCE is not None and stops(run.losses, PATIENCE, MIN_DELTA):
            break
        begun, first = time.perf_counter(), run.step
        values = train_epoch(run, splits, options, process).values()
        images = len(splits.train) * (run.step - first) / steps.per_epoch
        rate = images / (time.perf_counter() - begun)
        epoch = -(-run.step // steps.per_epoch)
        if not math.isfinite(values["loss"]):
            raise SystemExit(f"the loss became {values['loss']} in epoch {epoch}")
        report = f"epoch {epoch}/{epochs}  {told(values)}  {rate:,.0f} images/s"
        finish_epoch(run, splits, values["loss"], report, options, process)
    if process.rank == 0:
        test(run, splits, options, process)
    if process.world > 1:
        dist.barrier()  # a process that ends alone may take its threads with it


def length_of(split: Split, options: argparse.Namespace, process: Process) -> Steps:
    """The length of the run, in steps of the optimizer."""
    per_epoch = len(rows_of_steps(split, 0, options, process))
    if EPOCHS is not None:
        return Steps(options.epochs * per_epoch, per_epoch)
    return Steps(options.steps, per_epoch)


def finish_epoch(
    run: Run,
    splits: Splits,
    loss: float,
    report: str,
    options: argparse.Namespace,
    process: Process,
) -> None:
    """Report and save; validate where there are validation images."""
    if process.rank == 0:
        if VALIDATES and splits.validation is not None:
            values = judge(run, splits.validation, options, process)
            report += f"  validation {told(values)}"
            loss = values["loss"]
            if not run.losses or loss < min(run.losses):
                save(weights_of(run), options.out / "best.pt")
        print(report, flush=True)
    if PATIENCE is not None and process.world > 1:
        shared = torch.tensor(loss, dtype=torch.float64, device=process.device)
        dist.broadcast(shared, 0)
        loss = shared.item()
    if VALIDATES or PATIENCE is not None:
        run.losses.append(loss)
    save_last(run, options, process)


def test(
    run: Run, splits: Splits, options: argparse.Namespace, process: Process
) -> None:
    """Judge the final weights by the test, and the best, where some were chosen."""
    if splits.test is None:
        return
    values = judge(run, splits.test, options, process)
    print(f"test {told(values)}  of {len(splits.test):,} images")
    if VALIDATES:
        best = options.out / "best.pt"
        if splits.validation is not None:
            weights = torch.load(best, map_location="cpu", weights_only=True)
            run.network.load_state_dict(weights)
            values = evaluate(run.network, splits.test, options, process.device)
            print(f"of the best epoch {told(values)}")


def judge(
    run: Run, split: Split, options: argparse.Namespace, process: Process
) -> dict[str, float]:
    """The figures of the network, or of its average."""
    if EMA is not None:
        with run.average.in_place():
            return evaluate(run.network, split, options, process.device)
    else:
        return evaluate(run.network, split, options, process.device)


def weights_of(run: Run) -> dict[str, Tensor]:
    """The weights that are judged."""
    if EMA is not None:
        return {**run.network.state_dict(), **run.average.tensors}
    return run.network.state_dict()


def told(values: dict[str, float]) -> str:
    """Figures in words; shares as per cent."""
    return "  ".join(
        f"{name} {value:.2%}" if name in SHARES else f"{name} {value:.4f}"
        for name, value in values.items()
    )
