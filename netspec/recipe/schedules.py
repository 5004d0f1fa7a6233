"""Schedules of the learning rate; options bear torch's names. A new one is a class here and nothing else.

A schedule is a pure function of the step, so that a run can be taken up anywhere. Imports no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.recipe.parts import Part


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
            steps: The length of the run, or of the phase that has this schedule.
        """
        raise NotImplementedError

    def refuse(self, base: float) -> str | None:
        """Why the schedule cannot start from the optimizer's rate, or None where it can."""
        return None


class Warmed(Schedule):
    """Base of schedules that can begin with a linear warm-up.

    Attributes:
        warmup: How long the rate rises to the optimizer's, in `unit`. What follows counts from its end.
        unit: What the schedule's lengths are counted in; those in epochs change the rate once an epoch.
    """

    warmup: float = Field(0.0, ge=0)
    unit: Literal["epochs", "steps"] = "epochs"

    def rate(self, base: float, step: int, steps: Steps) -> float:
        warm = round(self.warmup * self.unit_steps(steps))
        if step < warm:
            return base * (step + 1) / warm
        return self.after(base, step - warm, Steps(max(1, steps.total - warm), steps.per_epoch))

    def after(self, base: float, step: int, steps: Steps) -> float:
        """The rate once the warm-up is over; step and length count from its end."""
        raise NotImplementedError

    def unit_steps(self, steps: Steps) -> int:
        """Steps in an epoch, or in a step."""
        return steps.per_epoch if self.unit == "epochs" else 1


class Constant(Warmed):
    """The optimizer's rate throughout."""

    key: ClassVar[str] = "constant"

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base


class Cosine(Warmed):
    """Half a cosine from the optimizer's rate down to `eta_min` (arXiv:1608.03983, without restarts)."""

    key: ClassVar[str] = "cosine"
    also: ClassVar[tuple[str, ...]] = ("cosine_annealing", "cosine_annealing_lr", "cosine_decay")

    eta_min: float = Field(0.0, ge=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return _between(base, self.eta_min, step / steps.total)


class CosineRestarts(Warmed):
    """Half a cosine down to `eta_min`, again and again (arXiv:1608.03983).

    The first takes `t_0`, the main argument, in `unit`; each further one `t_mult` times as long as the one before.
    """

    key: ClassVar[str] = "cosine_restarts"
    also: ClassVar[tuple[str, ...]] = ("cosine_annealing_warm_restarts", "sgdr", "cosine_decay_restarts")
    main: ClassVar[str | None] = "t_0"

    t_0: int = Field(gt=0)
    t_mult: int = Field(1, ge=1)
    eta_min: float = Field(0.0, ge=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        length = self.t_0 * self.unit_steps(steps)
        if self.t_mult == 1:
            step %= length
        while step >= length:
            step, length = step - length, length * self.t_mult
        return _between(base, self.eta_min, step / length)


class Linear(Warmed):
    """A straight line from the optimizer's rate times `start_factor` to that times `end_factor`, over the whole run."""

    key: ClassVar[str] = "linear"

    start_factor: float = Field(1.0, gt=0, le=1)
    end_factor: float = Field(0.0, ge=0, le=1)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base * (self.start_factor + (self.end_factor - self.start_factor) * step / steps.total)


class Polynomial(Warmed):
    """Down to nothing as the share of the run that is left, to the power `power`, the main argument."""

    key: ClassVar[str] = "polynomial"
    also: ClassVar[tuple[str, ...]] = ("poly",)
    main: ClassVar[str | None] = "power"

    power: float = Field(1.0, gt=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base * float((1 - step / steps.total) ** self.power)


class Exponential(Warmed):
    """Multiplies the rate by `gamma`, the main argument, after every epoch, or every step by `unit`."""

    key: ClassVar[str] = "exponential"
    main: ClassVar[str | None] = "gamma"

    gamma: float = Field(gt=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base * self.gamma ** (step // self.unit_steps(steps))


class Step(Warmed):
    """Multiplies the rate by `gamma` every `step_size` epochs, the main argument, or steps by `unit`."""

    key: ClassVar[str] = "step"
    also: ClassVar[tuple[str, ...]] = ("step_decay",)
    main: ClassVar[str | None] = "step_size"

    step_size: int = Field(gt=0)
    gamma: float = Field(0.1, gt=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        return base * self.gamma ** (step // (self.step_size * self.unit_steps(steps)))


def _milestones(value: Any) -> tuple[int, ...]:
    """Reads whole numbers above 0, each above the one before."""
    numbers = tuple(value) if isinstance(value, list | tuple) else ()
    whole = all(type(number) is int and number > 0 for number in numbers)
    if not numbers or not whole or any(a >= b for a, b in pairwise(numbers)):
        raise PydanticCustomError("milestones", "whole numbers above 0, each above the one before: [30, 60, 80]")
    return numbers


class MultiStep(Warmed):
    """Multiplies the rate by `gamma` at each of the `milestones`, the main argument, in `unit`."""

    key: ClassVar[str] = "multi_step"
    also: ClassVar[tuple[str, ...]] = ("piecewise_constant", "milestones")
    main: ClassVar[str | None] = "milestones"

    milestones: Annotated[tuple[int, ...], BeforeValidator(_milestones)]
    gamma: float = Field(0.1, gt=0)

    def after(self, base: float, step: int, steps: Steps) -> float:
        passed = [milestone for milestone in self.milestones if step >= milestone * self.unit_steps(steps)]
        return base * self.gamma ** len(passed)


class OneCycle(Schedule):
    """From the optimizer's rate up to `max_lr`, the main argument, and down to almost nothing (arXiv:1708.07120).

    Equals torch's OneCycleLR with `div_factor` = max_lr / lr and without cycled momentum: the rate written at the
    optimizer is where it starts, so that no number in a recipe is without effect.
    """

    key: ClassVar[str] = "one_cycle"
    also: ClassVar[tuple[str, ...]] = ("super_convergence",)
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
