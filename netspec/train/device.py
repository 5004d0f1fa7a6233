"""Where a run computes: Lightning Fabric on one device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from lightning.fabric import Fabric
from torch import nn

from netspec.diagnostics import Code, NetspecError

Device = Literal["auto", "cpu", "cuda"]

_ONE_THREAD_MACS = 10_000_000
"""Multiply-accumulates of a step under which one thread of the CPU works alone."""


def make_fabric(device: Device) -> Fabric:
    """Fabric on one device, in float32. `auto` is CUDA where there is one.

    Raises:
        NetspecError: NS0805: CUDA is asked for and is not there.
    """
    # Importing Lightning sets this, to make forked processes possible; there are none. With it torch's optimizers ask
    # the driver's library for its devices at every step, 0.05 to 0.1 ms each.
    os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
    cuda = torch.cuda.is_available()
    if device == "cuda" and not cuda:
        raise NetspecError.of(
            Code.TRAINING_FAILED, "there is no CUDA device that torch can use", help="--device cpu trains without one"
        )
    accelerator = "cuda" if cuda and device != "cpu" else "cpu"
    return Fabric(accelerator=accelerator, devices=1, precision="32-true")


def arrange(module: nn.Module, input_shape: tuple[int, ...], device: torch.device) -> nn.Module:
    """The module with its weights laid out as the device likes them; their values and names stay.

    On the CPU, channels-last convolution and pooling take about 15 % off a step of LeNet.
    """
    if device.type == "cpu" and len(input_shape) == 3:
        return module.to(memory_format=torch.channels_last)
    return module


@contextmanager
def fitting_threads(macs: int | None) -> Iterator[None]:
    """Let one thread do what is too little for several; they would wait for each other longer than they work.

    Of a digits LeNet's step, 3.5 million multiply-accumulates, a thread alone does several times as many per second as
    two that other programs disturb; of LeNet's on MNIST, 53 million, two do 1.7 times as many as one. A rule and
    no measurement: the number of threads decides how sums are rounded, and a run is to be repeatable.

    Args:
        macs: Of one step forward; None, where it is unknown, leaves the threads as they are.
    """
    before = torch.get_num_threads()
    if macs is not None and macs < _ONE_THREAD_MACS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def describe(device: torch.device) -> str:
    """The device in words: ``cpu, 2 threads``."""
    if device.type == "cuda":
        return f"cuda, {torch.cuda.get_device_name(device)}"
    threads = torch.get_num_threads()
    return f"cpu, {threads} thread{'s' if threads != 1 else ''}"
