"""The device of a run: Lightning Fabric on one device or many."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from lightning.fabric import Fabric
from lightning.fabric.plugins import MixedPrecision
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.fabric.plugins.precision.precision import Precision as Plain
from lightning.fabric.strategies.ddp import DDPStrategy
from lightning.fabric.strategies.model_parallel import ModelParallelStrategy
from lightning.fabric.strategies.strategy import Strategy
from torch import nn
from torch.optim import Optimizer

from netspec.diagnostics import Code, NetspecError
from netspec.recipe.recipe import Precision
from netspec.train.parallel.launch import leave_with_launcher
from netspec.train.parallel.sharding import shard
from netspec.train.parallel.world import Sharing, World

Device = Literal["auto", "cpu", "cuda"]

_ONE_THREAD_MACS = 10_000_000
"""Multiply-accumulates of a step under which one thread of the CPU works alone."""


def make_fabric(
    device: Device, devices: int = 1, nodes: int = 1, precision: Precision = "float32", strategy: Sharing = "ddp"
) -> Fabric:
    """Fabric on one device, or as one of the processes that train together; it joins the others before it returns.

    Args:
        device: `auto` is CUDA where there is one.
        devices: Processes on this machine, one device each.
        nodes: Machines. The processes are started by `netspec.train.parallel.launch` or by torchrun.
        precision: `bfloat16` and `float16` compute in mixed precision: weights, their updates and what needs the range
            stay in float32 (`torch.autocast`); `float16` scales the loss.
        strategy: `ddp` keeps a copy of the network in each process; `fsdp` cuts weights, gradients and the
            optimizer's state into a piece for each.

    Raises:
        NetspecError: NS0805: CUDA is asked for and is not there, or in too few devices; the processes do not meet.
    """
    # Importing Lightning sets this, to make forked processes possible; there are none. With it torch's optimizers ask
    # the driver's library for its devices at every step, 0.05 to 0.1 ms each.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    accelerator = _accelerator(device, devices)
    world = World(devices, nodes)
    computing = _precision(precision, accelerator)
    if world.size == 1:
        return Fabric(accelerator=accelerator, devices=1, plugins=[computing])
    leave_with_launcher()
    for name in ("lightning.fabric", "lightning.pytorch"):  # every process would tell that it has begun
        logging.getLogger(name).setLevel(logging.WARNING)
    meeting = TorchElasticEnvironment() if TorchElasticEnvironment.detect() else LightningEnvironment()
    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=nodes,
        plugins=[computing, meeting],
        strategy=_strategy(strategy, world),
    )
    threads = torch.get_num_threads()
    try:
        fabric.launch()
    except RuntimeError as error:  # torch.distributed's own errors among them
        reason = str(error).partition("\n")[0]
        raise NetspecError.of(Code.TRAINING_FAILED, f"the processes did not meet: {reason}") from error
    torch.set_num_threads(threads)  # the launcher of the processes has shared the cores out
    return fabric


def _accelerator(device: Device, devices: int) -> str:
    """Fabric's name of the accelerator."""
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cpu" or (device == "auto" and not found):
        return "cpu"
    if not found:
        raise NetspecError.of(
            Code.TRAINING_FAILED, "there is no CUDA device that torch can use", help="--device cpu trains without one"
        )
    if found < devices:
        raise NetspecError.of(
            Code.TRAINING_FAILED,
            "there are too few CUDA devices",
            found=f"{found} on this machine",
            expected=f"{devices}, one for each process",
            help=f"train with --devices {found}",
        )
    return "cuda"


def _precision(precision: Precision, accelerator: str) -> Plain:
    """Fabric's plugin; it is an object, since by name Fabric refuses mixed precision to sharded networks."""
    if precision == "float32":
        return Plain()
    return Mixed("bf16-mixed" if precision == "bfloat16" else "16-mixed", device=accelerator)


class Mixed(MixedPrecision):
    """Mixed precision whose gradients can be clipped though the optimizer is a fused one.

    Fabric refuses that, since fused optimizers divide by the loss's scale themselves; those that find their gradients
    divided already do not (`torch.amp.GradScaler.step`).
    """

    def unscale_gradients(self, optimizer: Optimizer) -> None:
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)


def _strategy(strategy: Sharing, world: World) -> Strategy:
    if strategy == "ddp":
        # Gradients live in the buffers that are sent: this saves a copy.
        return DDPStrategy(gradient_as_bucket_view=True)
    return ModelParallelStrategy(shard, data_parallel_size=world.size, tensor_parallel_size=1)


def arrange(module: nn.Module, input_shape: tuple[int, ...]) -> nn.Module:
    """The module with its weights laid out as devices like them; their values and names stay.

    Networks of images get channels-last convolutions: on the CPU they take about 15 % off a step of LeNet, on CUDA the
    tensor cores want them (a 4-d weight alone changes; whatever is no image stays as it is).
    """
    if len(input_shape) == 3:
        return module.to(memory_format=torch.channels_last)
    return module


def with_shared_norms(module: nn.Module, fabric: Fabric) -> nn.Module:
    """The module with batch norms that count the images of all processes; names and values stay.

    Raises:
        NetspecError: NS0805: on the CPU, where torch has none.
    """
    if fabric.world_size == 1:
        return module
    if fabric.device.type == "cpu":
        raise NetspecError.of(
            Code.TRAINING_FAILED,
            "torch has no batch norm for several processes on the CPU",
            help="train with `sync_batch_norm: false`: each process then counts its own images",
        )
    found = nn.SyncBatchNorm.convert_sync_batchnorm(module)
    assert isinstance(found, nn.Module)
    return found


@contextmanager
def fitting_threads(macs: int | None) -> Iterator[None]:
    """Let one thread do work that is too little for several; they would wait for each other longer than they work.

    For a digits LeNet's step, 3.5 million multiply-accumulates, a thread alone does several times as many per second as
    two that other programs disturb; of LeNet's on MNIST, 53 million, two do 1.7 times as many as one. A rule and
    no measurement: the number of threads decides how sums are rounded, and a run is to be repeatable.

    Args:
        macs: Those of one step forward; None, where they are unknown, leaves the threads as they are.
    """
    before = torch.get_num_threads()
    if macs is not None and macs < _ONE_THREAD_MACS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def describe(device: torch.device, processes: int = 1) -> str:
    """The device in words: ``cpu, 2 threads``; of several processes ``2 x cpu, 1 thread``."""
    many = f"{processes} x " if processes > 1 else ""
    if device.type == "cuda":
        return f"{many}cuda, {torch.cuda.get_device_name(device)}"
    threads = torch.get_num_threads()
    return f"{many}cpu, {threads} thread{'s' if threads != 1 else ''}"


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Round the factors of float32 products on CUDA to TF32's 10 bits inside the context, or do not.

    By default, torch rounds those of convolutions and not those of matrices.
    """
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
