"""The device of a run, and what makes it fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.functional.process import FEW_MACS
from netspec.training.beforehand import no_cuda
from netspec.training.parallel.member import Member, join
from netspec.training.parallel.world import ALONE, World


def take(device: Device, world: World = ALONE) -> Member:
    """This process on its device, together with the others of its world.

    Args:
        device: `auto` is CUDA where there is one.
        world: The processes.

    Raises:
        NetspecError: NS0805: CUDA is asked for and is not there, or in too few devices; the processes do not meet.
    """
    return join(torch.device(_kind(device, world.devices)), world)


def _kind(device: Device, devices: int) -> str:
    """Torch's name of the kind of device."""
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cpu" or (device == "auto" and not found):
        return "cpu"
    if not found:
        raise no_cuda()
    if found < devices:
        raise NetspecError.of(
            Code.TRAINING_FAILED,
            "there are too few CUDA devices",
            found=f"{found} on this machine",
            expected=f"{devices}, one for each process",
            help=f"train with --devices {found}",
        )
    return "cuda"


def arrange(module: nn.Module, input_shape: tuple[int, ...]) -> nn.Module:
    """The module with its weights laid out as devices like them; their values and names stay.

    Networks of images get channels-last convolutions: on the CPU they take about 15 % off a step of LeNet, on CUDA the
    tensor cores want them (a 4-d weight alone changes; whatever is no image stays as it is).
    """
    if len(input_shape) == 3:
        return module.to(memory_format=torch.channels_last)
    return module


def with_shared_norms(module: nn.Module, process: Member) -> nn.Module:
    """The module with batch norms that count the images of all processes; names and values stay.

    Raises:
        NetspecError: NS0805: on the CPU, where torch has none.
    """
    if process.world == 1:
        return module
    if process.device.type == "cpu":
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
    if macs is not None and macs < FEW_MACS:
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
