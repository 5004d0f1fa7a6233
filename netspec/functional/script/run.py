"""The state that training changes, and its checkpoints."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from netspec.functional.averaging import Average
from netspec.functional.balance import balanced_order
from netspec.functional.data.shard_order import (
    ShardOrder,
    shard_order,
    shards_of_sources,
)
from netspec.functional.learners import LearnersOf, decaying, go_on
from netspec.functional.order import epoch_order
from netspec.functional.packing import feed
from netspec.functional.phases import Timetable
from netspec.functional.process import Process
from netspec.functional.schedules import Steps
from netspec.functional.script.process import STRANGE
from netspec.functional.script.settings import (
    ACCUMULATE,
    AVERAGES,
    BALANCED,
    COMPILE,
    COUNTED,
    DECAY,
    DROP_LAST,
    EPOCHS,
    FIRST_IMAGES,
    LONE,
    LR,
    MONITORS,
    PACKED,
    PATIENCE,
    PHASES,
    SAVE_SECONDS,
    SHUFFLE_BUFFER,
    SYNC_BATCH_NORM,
    TF32,
    VALIDATES,
    WATCHES,
    WEIGHT_DECAY,
    Network,
    begin,
    first_layer,
    learning_rate,
    make_optimizer,
    phases,
    slots,
)
from netspec.functional.script.splits import Splits, first_images, load_splits


@dataclass
class Run:
    """A run: its command line, its data, and the state that a checkpoint holds."""

    options: argparse.Namespace
    process: Process
    splits: Splits
    network: nn.Module
    scaler: torch.amp.GradScaler
    model: nn.Module = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)
    steps: Steps = field(init=False)
    step: int = 0
    if PHASES:
        learners: LearnersOf = field(init=False)
        timetable: Timetable = field(init=False)
        phase: int = -1
    if VALIDATES or PATIENCE is not None or WATCHES or MONITORS:
        losses: list[float] = field(default_factory=list)
    if MONITORS:
        costs: list[float] = field(default_factory=list)
    if MONITORS and PATIENCE is not None:
        ends: list[float] = field(default_factory=list)
    if AVERAGES:
        average: Average = field(init=False)
    if SAVE_SECONDS is not None:
        saved: float = field(default_factory=time.monotonic)

    def state(self) -> dict[str, Any]:
        """The state as tensors and plain data, with that of torch's generators."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "options": lasting(self, self.step),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
        }
        if VALIDATES or PATIENCE is not None or WATCHES or MONITORS:
            state["losses"] = self.losses
        if MONITORS:
            state["costs"] = self.costs
        if MONITORS and PATIENCE is not None:
            state["ends"] = self.ends
        if AVERAGES:
            state["average"] = self.average.tensors
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a saved state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.step = state["step"]
        if VALIDATES or PATIENCE is not None or WATCHES or MONITORS:
            self.losses[:] = state["losses"]
        if MONITORS:
            self.costs[:] = state["costs"]
        if MONITORS and PATIENCE is not None:
            self.ends[:] = state["ends"]
        if AVERAGES:
            self.average.load(state["average"])
        torch.set_rng_state(state["cpu"])
        if state["cuda"] is not None and torch.cuda.is_initialized():
            torch.cuda.set_rng_state(state["cuda"])


def start(options: argparse.Namespace, process: Process) -> Run:
    """A new run, or a resumed one."""
    splits = load_splits(options, process)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = TF32
    torch.manual_seed(options.seed)
    network = Network().to(process.device)
    network.to(memory_format=torch.channels_last)
    if FIRST_IMAGES is not None:
        first_layer(network, first_images(splits, process, FIRST_IMAGES))
    if PACKED:
        feed(network, splits.fields, slots)
    if SYNC_BATCH_NORM and process.world > 1 and process.device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    if COMPILE:
        network.compile(dynamic=False)
    scaler = torch.amp.GradScaler(process.device.type, enabled=options.amp == "fp16")
    run = Run(options, process, splits, network, scaler)
    steps = rows_of_steps(run, 0)
    check_batches(run, steps)
    per_epoch = len(steps)
    if EPOCHS is not None:
        total = options.steps or options.epochs * per_epoch
    else:
        total = options.epochs * per_epoch if options.epochs else options.steps
    run.steps = Steps(total, per_epoch)
    if PHASES:
        one = per_epoch if EPOCHS is not None else 1
        rate = partial(learning_rate, losses=run.losses) if WATCHES else learning_rate
        run.timetable = Timetable(phases, one, run.steps, LR, rate)
        if not run.timetable.fits():
            raise SystemExit(f"the phases do not make up a run of {total} steps")
        run.learners = LearnersOf(network, DECAY)
    else:
        run.model = shared(run)
        learned = [p for p in network.parameters() if p.requires_grad]
        if DECAY == "weights":
            run.optimizer = make_optimizer(decaying(network, learned), lr=LR)
        else:
            run.optimizer = make_optimizer(learned, lr=LR)
    if AVERAGES:
        run.average = Average(network)
    if options.resume:
        resume(run, options.out / "last.pt")
    if process.rank > 0:  # each process draws its own dropout
        torch.manual_seed(options.seed + 1000 * run.step + process.rank)
    return run


def check_batches(run: Run, steps: list[Tensor]) -> None:
    """Refuse batches that are not filled, or of one example that a norm cannot take."""
    size, examples = run.options.batch_size, len(run.splits.train)
    if size > examples:
        found = f"there are {examples:,} {COUNTED} to train on"
        raise SystemExit(f"--batch-size {size}: {found}")
    if LONE is not None and (run.process.world == 1 or not SYNC_BATCH_NORM):
        least = min(len(part) for rows in steps for part in rows.split(size))
        if least // run.process.world < 2:
            found = f"`{LONE}` cannot learn from a batch of one example"
            raise SystemExit(f"--batch-size {size}: {found}, as an epoch would have")


def resume(run: Run, last: Path) -> None:
    """Go on from a checkpoint, as its run began."""
    try:
        state = torch.load(last, map_location="cpu", weights_only=True)
        begun, given = state["options"], lasting(run, state["step"])
        if begun == given:
            if PHASES:
                enter(run, max(0, state["step"] - 1))  # of the step last done
            run.restore(state)
    except Exception as error:  # of a file that something else may have written
        raise SystemExit(f"{last} {STRANGE}") from error
    if begun != given:
        said = ", ".join(f"{name} {value}" for name, value in begun.items())
        raise SystemExit(f"{last} is of a run with {said}, and goes on so alone")


def lasting(run: Run, step: int) -> dict[str, Any]:
    """What a run keeps when it is resumed after so many steps."""
    names = ("seed", "batch_size", "amp")
    found = {name: getattr(run.options, name) for name in names}
    if PHASES:
        found["phases at steps"] = list(run.timetable.begun(step))
    return found


def rows_of_steps(run: Run, epoch: int) -> list[Tensor]:
    """The examples of each step of an epoch: a function of the seed and the epoch.

    All processes draw the same order, and each takes as many of every batch of it as
    any other.
    """
    size = run.options.batch_size
    if BALANCED:
        labels = run.splits.train.targets.cpu()
        order = balanced_order(labels, run.options.seed, epoch)
    elif SHUFFLE_BUFFER is not None:
        order = order_of_shards(run, epoch).rows
    else:
        order = epoch_order(len(run.splits.train), run.options.seed, epoch)
    whole = size if DROP_LAST else run.process.world
    order = order[: len(order) // whole * whole]
    return list(order.split(size if ACCUMULATE == 1 else size * ACCUMULATE))


def order_of_shards(run: Run, epoch: int) -> ShardOrder:
    """The order of the images of shards in an epoch."""
    streamed: Any = run.splits.train.images
    shards = shards_of_sources(streamed.sources)
    return shard_order(shards, SHUFFLE_BUFFER or 1, run.options.seed, epoch)


def shared(run: Run) -> nn.Module:
    """The network as all processes train it together."""
    network = run.network
    return DistributedDataParallel(network) if run.process.world > 1 else network


def enter(run: Run, step: int) -> None:
    """Prepare a step: at the start of a phase, freeze the tensors that it freezes.

    The optimizer keeps the state of tensors that learned in the phase before and go
    on learning.
    """
    index = run.timetable.at(step)
    if index == run.phase:
        return
    phase = run.timetable.phases[index]
    before = run.optimizer if run.phase >= 0 else None
    run.phase = index
    run.learners.freeze(phase)
    run.model = shared(run)
    run.optimizer = make_optimizer(run.learners.grouped(phase, LR, WEIGHT_DECAY), lr=LR)
    if before is not None:
        go_on(run.optimizer, before, begin)


def save_last(run: Run) -> None:
    """Write the checkpoint to resume from; the first process alone does."""
    if run.process.rank == 0:
        save(run.state(), run.options.out / "last.pt")
    if SAVE_SECONDS is not None:
        run.saved = time.monotonic()


def save(state: dict[str, Any], path: Path) -> None:
    """Write a file whole or not at all: beside its place first, then into it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # the latter is torch's, of a full disk
        raise SystemExit(f"{path} cannot be written: {error}") from None
    finally:
        if temporary.exists():
            temporary.unlink()
