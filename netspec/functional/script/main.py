"""A run of a training script, from its command line to the test."""

from __future__ import annotations

import argparse
import math
import sys
import time

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.examples import UnfitData
from netspec.functional.process import Process
from netspec.functional.schedules import best_first, stops
from netspec.functional.script.epoch import train_epoch
from netspec.functional.script.process import STRANGE, join, leave, parse_options
from netspec.functional.script.run import Run, save, save_last, start
from netspec.functional.script.settings import (
    AVERAGES,
    CHOOSES,
    CHOSEN_BY,
    CHOSEN_HIGH,
    COUNTED,
    KEEP,
    MIN_DELTA,
    MONITORS,
    PATIENCE,
    REFUSES,
    SHARES,
    STOPPED_BY,
    STOPPED_HIGH,
    VALIDATES,
    VIEWS,
    WATCHES,
)
from netspec.functional.script.splits import Split
from netspec.functional.script.step import evaluate
from netspec.functional.script.viewed import Viewed


def main() -> None:
    """Train by the recipe, alone or as one of the processes of torchrun."""
    options = parse_options()  # before processes meet: none can have written yet
    process = join(options)
    try:
        if options.batch_size % process.world:
            raise SystemExit(f"--batch-size must be divisible by {process.world}")
        if REFUSES:
            train_or_refuse(options, process)
        else:
            train(start(options, process))
    except KeyboardInterrupt:
        print("stopped: --resume goes on from the last epoch", file=sys.stderr)
        raise SystemExit(130) from None
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
        leave(process, sys.exc_info()[1])


def train_or_refuse(options: argparse.Namespace, process: Process) -> None:
    """Train, unless the data cannot be read: then a line says why."""
    try:
        train(start(options, process))
    except UnfitData as error:
        raise SystemExit(str(error)) from None


def train(run: Run) -> None:
    """All epochs, each followed by a checkpoint; then the test."""
    steps = run.steps
    while run.step < steps.total:
        if PATIENCE is not None:
            costs = run.ends if MONITORS else run.losses
            if stops(costs, PATIENCE, MIN_DELTA):
                break
        begun, first = time.perf_counter(), run.step
        values = train_epoch(run).values()
        images = len(run.splits.train) * (run.step - first) / steps.per_epoch
        rate = images / (time.perf_counter() - begun)
        epoch, epochs = (-(-n // steps.per_epoch) for n in (run.step, steps.total))
        if not math.isfinite(values["loss"]):
            raise SystemExit(f"the loss became {values['loss']} in epoch {epoch}")
        report = f"epoch {epoch}/{epochs}  {told(values)}  {rate:,.0f} {COUNTED}/s"
        finish_epoch(run, report, values)
    if run.process.rank == 0 and run.splits.test is not None:
        test(run, run.splits.test)
    if run.process.world > 1:
        dist.barrier()  # a process that ends alone may take its threads with it


def finish_epoch(run: Run, report: str, values: dict[str, float]) -> None:
    """Report and save; validate where there are validation images."""
    if run.process.rank == 0:
        if VALIDATES and run.splits.validation is not None:
            split = run.splits.validation
            values = judge(run, split) if AVERAGES else evaluate(run, split)
            report += f"  validation {told(values)}"
        if CHOOSES or (VALIDATES and run.splits.validation is not None):
            keep_best(run, values)
        print(report, flush=True)
    if VALIDATES or PATIENCE is not None or WATCHES or MONITORS:
        note_costs(run, values)
    save_last(run)


def note_costs(run: Run, values: dict[str, float]) -> None:
    """Note the figures by which epochs are compared, the same in all processes."""
    if MONITORS or PATIENCE is not None or WATCHES:
        costs = [values["loss"]]
        if MONITORS:
            costs.append(cost_of(values, CHOSEN_BY, CHOSEN_HIGH))
        if MONITORS and PATIENCE is not None:
            costs.append(cost_of(values, STOPPED_BY, STOPPED_HIGH))
        if (PATIENCE is not None or WATCHES) and run.process.world > 1:
            own = torch.tensor(costs, dtype=torch.float64, device=run.process.device)
            dist.broadcast(own, 0)
            costs = own.tolist()
        run.losses.append(costs[0])
        if MONITORS:
            run.costs.append(costs[1])
        if MONITORS and PATIENCE is not None:
            run.ends.append(costs[2])
    else:
        run.losses.append(values["loss"])


def keep_best(run: Run, values: dict[str, float]) -> None:
    """Save the weights, where no epoch before was as good."""
    losses = [*run.losses, values["loss"]]
    if MONITORS:
        costs = [*run.costs, cost_of(values, CHOSEN_BY, CHOSEN_HIGH)]
    else:
        costs = losses
    best, latest = best_first(costs, losses), len(costs) - 1
    weights = weights_of(run) if AVERAGES else run.network.state_dict()
    if best[0] == latest:
        save(weights, run.options.out / "best.pt")
    if KEEP > 1:
        if latest in best[:KEEP]:
            save(weights, run.options.out / f"best/epoch-{len(costs)}.pt")
        for epoch in best[KEEP:]:
            (run.options.out / f"best/epoch-{epoch + 1}.pt").unlink(missing_ok=True)


def cost_of(values: dict[str, float], name: str, high: bool) -> float:
    """A figure as a number of which less is better, infinite where it is none."""
    if name not in values:
        return values["loss"]
    value = values[name]
    if math.isnan(value):
        return math.inf
    return -value if high else value


def test(run: Run, split: Split) -> None:
    """Judge the final weights by the test, and the best, where some were chosen."""
    values = judge(run, split) if AVERAGES else evaluate(run, split)
    print(f"test {told(values)}  of {len(split):,} {COUNTED}")
    if VIEWS is not None:
        print(f"test ({VIEWS}) {told(by_views(run, split))}")
    if CHOOSES or (VALIDATES and run.splits.validation is not None):
        best = run.options.out / "best.pt"
        try:
            weights = torch.load(best, map_location="cpu", weights_only=True)
            run.network.load_state_dict(weights)
        except Exception as error:  # of a file that something else may have written
            raise SystemExit(f"{best} {STRANGE}") from error
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
    """Figures in words; shares as per cent, and a dash for what nothing tells."""

    def worded(name: str, value: float) -> str:
        if math.isnan(value):
            return "-"
        return f"{value:.2%}" if name in SHARES else f"{value:.4f}"

    return "  ".join(f"{name} {worded(name, value)}" for name, value in values.items())
