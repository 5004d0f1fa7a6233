"""The time that a network takes on a device of this machine. Needs torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.autograd import PRECISIONS
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device, typed
from netspec.driver.live import compile
from netspec.driver.recipes import memory
from netspec.driver.run_spec import run_spec
from netspec.driver.spec import Spec, elaborate, given
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.interop.measured_times import Timing


@typed
def time(
    spec: Spec | str | Path,
    device: Device = "auto",
    *,
    batches: Sequence[int] = (1,),
    precision: str = "float32",
    seconds: float = 2.0,
    layers: bool = False,
    threads: int | None = None,
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> Timing:
    """The latency and the throughput of a network's forward pass, in evaluation mode with random weights and inputs.

    A detector is given lists of random images of its input's shape, which it scales as it does any other.

    Args:
        spec: A loaded spec, an argument for `load`, or the folder of a run.
        device: ``auto`` is CUDA where there is one, or else the CPU.
        batches: Sizes of the batch, each at least 1.
        precision: ``float32``, ``bf16`` or ``fp16`` (autocast), ``bf16-true`` or ``fp16-true`` (16 bits throughout).
        seconds: The time to spend on a batch size, and once more on its layers; each gets at least 5 passes.
        layers: Whether to measure the layers too.
        threads: Threads of the CPU; torch's choice if None.
        inputs: Other shapes of inputs by name, without the batch.
        params: Params and keys to set, as in `load`.

    Raises:
        NetspecError: The spec is wrong, or torch is not installed. NS0906: a plugin of the run's is not loaded. NS0913:
            there is no such device, or the network does not run on it.
        ValueError: The precision is unknown, or a number is out of range.
    """
    loaded = given(spec if isinstance(spec, Spec) else run_spec(spec), params)
    if seconds <= 0 or (threads is not None and threads < 1):
        raise ValueError("the seconds and the threads are above 0")
    graph = elaborate(loaded, inputs)
    detection, image = graph.detection, None
    counted, sizes = graph, dict(inputs or {})
    if detection is not None:
        name, image = next((name, each.shape) for name, each in graph.inputs.items())
        if (seen := detection.kind.seen(*image[1:])) not in (None, image[1:]):
            sizes[name] = (image[0], *seen)
            counted = elaborate(loaded, sizes)
    for batch in batches:
        held = memory(loaded, batch=batch, precision=precision, inputs=sizes)
        peak = held.inference_peak if detection is None else held.layers_peak
        check_fits(peak, f"a batch of {batch:,}", "`netspec memory SPEC --fit SIZE` finds the largest batch")
    network = compile(loaded, inputs=inputs)
    from netspec.interop.timing import Subject, measured

    subject = Subject(network, counted, device, PRECISIONS[precision], threads, image)
    return measured(subject, batches, seconds, layers=layers)


def check_fits(peak: int | None, what: str, help: str) -> None:
    """Refuse what this machine's memory cannot hold: the system would stop the process.

    Args:
        peak: Bytes at the peak of inference; None where they are unknown, which is allowed.
        what: The values that are too many, for the message.
        help: The way out.

    Raises:
        NetspecError: NS0913: the peak is beyond the memory of this machine.
    """
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None
    if peak is not None and there is not None and peak > there:
        raise NetspecError.of(
            Code.NOT_RUNNABLE,
            f"{what} does not fit into the memory of this machine",
            found=f"{peak / 2**30:,.1f} GB at the peak of inference",
            expected=f"at most {there / 2**30:,.1f} GB",
            help=help,
        )
