"""Schedules of the learning rate; options bear torch's names. A new one is a class here and nothing else.

A schedule is a pure function of the step, so that a run can be taken up anywhere. Imports no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from netspec.train.parts import Part


@dataclass(frozen=True, slots=True)
class Steps:
    """How long a run is: steps of the optimizer, in all and per epoch."""

    total: int
    per_epoch: int


class Schedule(Part):
    """Base of all schedules."""

    family: ClassVar[str] = "schedule"

    def rate(self, base: float, step: int, steps: Steps) -> float:
        """The learning rate of a step.

        Args:
            base: The optimizer's own rate.
            step: Counts from 0.
            steps: The length of the run.
        """
        raise NotImplementedError

    def refuse(self, base: float) -> str | None:
        """Why the schedule cannot start from the optimizer's rate, or None where it can."""
        return None


class Warmed(Schedule):
    """Base of schedules that can begin with a linear warm-up, `warmup` epochs long."""

    warmup: float = Field(0.0, ge=0)

    def rate(self, base: float, step: int, steps: Steps) -> float:
        warm = round(self.warmup * steps.per_epoch)
        if step < warm:
            return base * (step + 1) / warm
        return self.after(base, step - warm, Steps(max(1, steps.total - warm), steps.per_epoch))

    def after(self, base: float, step: int, steps: Steps) -> float:
        """The rate once the warm-up is over; step and length count from its end."""
        raise NotImplementedError


class Constant(Warmed):
    """The optimizer's rate throughout."""

    key: ClassVar[str] = "constant"

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base


class Cosine(Warmed):
    """Half a cosine from the optimizer's rate down to `eta_min` (arXiv:1608.03983, without restarts)."""

    key: ClassVar[str] = "cosine"

    eta_min: float = Field(0.0, ge=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return _between(base, self.eta_min, step / steps.total)


class Step(Warmed):
    """Multiplies the rate by `gamma` every `step_size` epochs, the main argument."""

    key: ClassVar[str] = "step"
    main: ClassVar[str | None] = "step_size"

    step_size: int = Field(gt=0)
    gamma: float = Field(0.1, gt=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base * self.gamma ** (step // (self.step_size * steps.per_epoch))


class OneCycle(Schedule):
    """From the optimizer's rate up to `max_lr`, the main argument, and down to almost nothing (arXiv:1708.07120).

    Equals torch's OneCycleLR with `div_factor` = max_lr / lr and without cycled momentum: the rate written at the
    optimizer is where it starts, so that no number in a recipe is without effect.
    """

    key: ClassVar[str] = "one_cycle"
    main: ClassVar[str | None] = "max_lr"

    max_lr: float = Field(gt=0)
    pct_start: float = Field(0.3, gt=0, lt=1)
    final_div_factor: float = Field(1e4, ge=1)

    def rate(self, base: float, step: int, steps: Steps) -> float:
        peak, last = self.pct_start * steps.total - 1, steps.total - 1
        if step < peak:
            return _between(base, self.max_lr, step / peak)
        return _between(self.max_lr, base / self.final_div_factor, (step - peak) / (last - peak))

    def refuse(self, base: float) -> str | None:
        if self.max_lr < base:
            return f"the peak of `one_cycle`, {self.max_lr:g}, is below the optimizer's rate, {base:g}"
        return None


def _between(start: float, end: float, share: float) -> float:
    """From start (share 0) to end (share 1) along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
