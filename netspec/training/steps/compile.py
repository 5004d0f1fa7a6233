"""Compiled steps: `torch.compile`, and CUDA graphs where shapes are fixed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec

import torch
from torch import nn

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.schema import SECTION

_ROUNDS = 3
"""The rounds of warming up: the first compiles, the second records a CUDA graph, the third replays it."""


class Compilation:
    """The computation of a run's steps: compiled for the batch size of the recipe, or as they are written.

    Only training steps of a whole batch are compiled: the last batch of an epoch, where it is smaller, and judging
    run as they are written, so that nothing is compiled twice.

    Attributes:
        on: Whether steps are compiled.
        graphs: Whether steps are replayed as CUDA graphs.
    """

    def __init__(self, wanted: bool | None, device: torch.device, *, alone: bool = True) -> None:
        """Decide.

        Args:
            wanted: The recipe's choice; None compiles on CUDA, where a compiler is installed.
            device: The device of the run.
            alone: Whether this is the only process and each batch makes a step of its own: a CUDA graph writes
                its gradients to the same place at every replay, where nobody else may still need them.

        Raises:
            NetspecError: NS0805: compilation is asked for and this machine has no compiler.
        """
        missing = _missing(device)
        if wanted and missing:
            message, help = f"steps cannot be compiled: {missing}", "train with `compile: false`"
            raise NetspecError.of(Code.TRAINING_FAILED, message, help=help, path=(SECTION, "compile"))
        cuda = device.type == "cuda"
        self.on = wanted if wanted is not None else cuda and not missing
        self.graphs = self.on and cuda and alone

    def compile(self, module: nn.Module) -> None:
        """Compile a module in place: its names, weights and methods stay. Nothing happens where steps are not."""
        if self.on:
            module.compile(dynamic=False, mode="reduce-overhead" if self.graphs else None)

    def step(self, whole: bool) -> AbstractContextManager[object]:
        """The context of one forward and backward pass.

        Args:
            whole: Whether the batch has the size that is compiled for.
        """
        if not self.on:
            return nullcontext()
        if not whole:
            return as_written()
        if self.graphs:
            torch.compiler.cudagraph_mark_step_begin()
        return nullcontext()

    def judging(self) -> AbstractContextManager[object]:
        """The context in which a network is judged."""
        return as_written() if self.on else nullcontext()

    def warm_up(self, module: nn.Module, step: Callable[[], object]) -> None:
        """Compile before the clock runs, and leave everything as it was.

        Args:
            module: The module whose gradients are dropped and whose buffers are put back.
            step: Computes a whole batch forward and backward, without a step of the optimizer.
        """
        with _undone(module):
            for _ in range(_ROUNDS):
                with self.step(whole=True):
                    step()
                module.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.synchronize()


def as_written() -> AbstractContextManager[object]:
    """A context without compilation and without compiled code: for batches of other sizes, and for judging."""
    context: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
    return context


@contextmanager
def fastest_convolutions(device: torch.device) -> Iterator[None]:
    """Let CUDA try out its convolutions for each new shape, and keep the fastest, inside the context."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = before or device.type == "cuda"
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _missing(device: torch.device) -> str | None:
    """The requirement of torch.compile that this machine lacks, in words."""
    if device.type == "cuda" and find_spec("triton") is None:
        return "triton is not installed"
    if not any(map(shutil.which, ("c++", "g++", "clang++", "cc", "gcc", "clang"))):
        return "there is no C++ compiler"
    return None


@contextmanager
def _undone(module: nn.Module) -> Iterator[None]:
    """Put back the buffers of a module and the state of the generators of random numbers on the way out."""
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        yield
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            buffer.copy_(buffers[name])
