"""The figures of the steps between two rows of the table of steps: they stay on the device until a row is full."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed

from netspec.recipe.measuring.saved_values import fields, number, same_tensor
from netspec.training.parallel.member import Member
from netspec.training.parallel.sharding import is_piece


@dataclass(frozen=True, slots=True)
class Taken:
    """The figures of a full window.

    Attributes:
        steps: The number of its steps.
        loss: The mean of their losses; it may be no number.
        norm: The mean of the norms of their gradients before they were clipped, without those that are no finite
            numbers, whose steps float16's scaler leaves out; None where none was measured.
        seconds: The seconds of the steps alone.
    """

    steps: int
    loss: float
    norm: float | None
    seconds: float


class Window:
    """Losses and gradient norms of the steps since the last row, one by one. No step waits for the device.

    Args:
        steps: The number of steps of a row.
        measured: Whether each step measures the norm of its gradients.
        process: This process; each adds the losses of its own examples.
    """

    def __init__(self, steps: int, measured: bool, process: Member) -> None:
        self.process, self._measured = process, measured
        self._losses, self._norms = torch.zeros(2, steps, device=process.device).unbind()
        self._filled, self._seconds, self._since = 0, 0.0, 0.0

    def start(self) -> None:
        """Start the clock, before steps."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Stop the clock: what follows is no step."""
        self._seconds += time.perf_counter() - self._since

    def add(self, loss: Tensor, norm: Tensor | None) -> bool:
        """Add a step; whether the window is full now.

        Args:
            loss: The loss of the step's examples, as this process has them, a scalar on the device.
            norm: The norm of its gradients, a scalar that is the same in all processes; None where it is not measured.
        """
        torch.div(loss, self.process.world, out=self._losses[self._filled])
        if self._measured and norm is not None:
            self._norms[self._filled] = norm.full_tensor() if is_piece(norm) else norm
        self._filled += 1
        return self._filled == len(self._losses)

    def take(self) -> Taken:
        """The figures of the window, which begins anew. All processes take part; this waits for the device."""
        finite = self._norms.isfinite()
        norms = torch.where(finite, self._norms, 0).double().sum() / finite.sum()
        loss, norm = torch.stack([self._whole().double().mean(), norms]).tolist()
        now = time.perf_counter()
        seconds = self._seconds + now - self._since
        self._filled, self._seconds, self._since = 0, 0.0, now
        return Taken(len(self._losses), loss, norm if self._measured and norm == norm else None, seconds)

    def state(self) -> dict[str, Any]:
        """What it holds, on the CPU. All processes take part."""
        losses, norms = (each[: self._filled].to("cpu", copy=True) for each in (self._whole(), self._norms))
        return {"losses": losses, "norms": norms, "seconds": self._seconds}

    def restore(self, found: Any, step: int) -> None:
        """Go on from what `state` gave after so many steps of the run.

        Raises:
            Misfit: A run of this recipe would not have given it.
        """
        saved = fields(found, ("losses", "norms", "seconds"), "the window of steps")
        self._filled = step % len(self._losses)
        for name, own in (("losses", self._losses), ("norms", self._norms)):
            kept = same_tensor(saved[name], own[: self._filled].cpu(), f"`{name}` of the window of steps")
            own[: self._filled] = kept
        if not self.process.is_first:  # the saved losses are the sums over all processes
            self._losses[: self._filled] = 0
        self._seconds = number(saved["seconds"], "`seconds` of the window of steps")

    def _whole(self) -> Tensor:
        """The losses of the steps: the sums of what all processes add."""
        if self.process.world == 1:
            return self._losses
        whole = self._losses.clone()
        distributed.all_reduce(whole)
        return whole
