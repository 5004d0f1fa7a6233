"""Schedules of the learning rate; options bear torch's names. A new one is a class here and nothing else.

A schedule is a pure function of the step, so that a run can be resumed anywhere. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netspec.functional.schedules import Steps
from netspec.recipe.function import Function, functional
from netspec.recipe.parts import MOST_COUNTED, Part

__all__ = ["Schedule", "Steps"]


class Peer(NamedTuple):
    """A scheduler of torch, for comparison: its name in torch.optim.lr_scheduler, its arguments, its steps' length."""

    name: str
    arguments: dict[str, Any]
    every: int = 1


class Schedule(Part):
    """Base of all schedules.

    Class attributes:
        watches: Whether it follows the losses of the epochs before, which its function then takes as `losses`.
    """

    family: ClassVar[str] = "schedule"
    group: ClassVar[str] = "netspec.schedules"

    watches: ClassVar[bool] = False

    def rate(self, base: float, step: int, steps: Steps, losses: Sequence[float] = ()) -> float:
        """The learning rate of a step.

        Args:
            base: The optimizer's own rate.
            step: Counts from 0.
            steps: The length of the run, or of the phase that has this schedule.
            losses: Of the epochs that are over, by which the best is chosen.
        """
        return float(self.following(losses)(base, step, steps))

    def following(self, losses: Sequence[float]) -> Function:
        """Its function, given the losses of epochs if it watches them; those that are added later count too."""
        made = self.function()
        return Function(made.target, {**made.arguments, "losses": losses}) if self.watches else made

    def function(self) -> Function:
        """The rate as a function of the optimizer's own, the step and the length of the run."""
        return self.ruled("schedules")

    def peer(self, base: float, total: int, every: int) -> Peer | None:
        """The scheduler of torch that gives the same rates over a whole run; None where torch has none.

        Args:
            base: The optimizer's rate.
            total: Steps of the run.
            every: Steps in one of the schedule's units.
        """
        return None

    def refuse(self, base: float) -> str | None:
        """The reason why the schedule cannot start from the optimizer's rate; None where it can."""
        return None


class Warmed(Schedule):
    """Base of schedules that can begin with a linear warm-up.

    Class attributes:
        has_lengths: Whether options of its own are counted in `unit`.

    Attributes:
        warmup: How long the rate rises to the optimizer's, in `unit`. What follows counts from its end.
        unit: What the schedule's lengths are counted in; those in epochs change the rate once an epoch.
    """

    has_lengths: ClassVar[bool] = False

    warmup: float = Field(0.0, ge=0)
    unit: Literal["epochs", "steps"] = "epochs"

    def function(self) -> Function:
        own = super().function()
        rest = {name: value for name, value in own.arguments.items() if name not in ("warmup", "unit")}
        after = Function(own.target, {**rest, "unit": self.unit} if self.has_lengths else rest)
        if not self.warmup:
            return after
        return functional("schedules.warmed", warmup=self.warmup, unit=self.unit, after=after)


class Constant(Warmed):
    """The optimizer's rate throughout."""

    key: ClassVar[str] = "constant"

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("ConstantLR", {"factor": 1.0})


class Cosine(Warmed):
    """Half a cosine from the optimizer's rate down to `eta_min` (arXiv:1608.03983, without restarts)."""

    key: ClassVar[str] = "cosine"
    also: ClassVar[tuple[str, ...]] = ("cosine_annealing", "cosine_annealing_lr", "cosine_decay")

    eta_min: float = Field(0.0, ge=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("CosineAnnealingLR", {"T_max": total, "eta_min": self.eta_min})


class CosineRestarts(Warmed):
    """Half a cosine down to `eta_min`, again and again (arXiv:1608.03983).

    The first takes `t_0`, the main argument, in `unit`; each further one `t_mult` times as long as the one before.
    """

    key: ClassVar[str] = "cosine_restarts"
    has_lengths: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("cosine_annealing_warm_restarts", "sgdr", "cosine_decay_restarts")
    main: ClassVar[str | None] = "t_0"

    t_0: int = Field(gt=0, le=MOST_COUNTED)
    t_mult: int = Field(1, ge=1, le=MOST_COUNTED)
    eta_min: float = Field(0.0, ge=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        given = {"T_0": self.t_0 * every, "T_mult": self.t_mult, "eta_min": self.eta_min}
        return Peer("CosineAnnealingWarmRestarts", given)


class Linear(Warmed):
    """A straight line from the optimizer's rate times `start_factor` to that times `end_factor`, over the whole run."""

    key: ClassVar[str] = "linear"

    start_factor: float = Field(1.0, gt=0, le=1)
    end_factor: float = Field(0.0, ge=0, le=1)

    def peer(self, base: float, total: int, every: int) -> Peer:
        factors = {"start_factor": self.start_factor, "end_factor": self.end_factor}
        return Peer("LinearLR", {**factors, "total_iters": total})


class Polynomial(Warmed):
    """Down to nothing as the share of the run that is left, to the power `power`, the main argument."""

    key: ClassVar[str] = "polynomial"
    also: ClassVar[tuple[str, ...]] = ("poly",)
    main: ClassVar[str | None] = "power"

    power: float = Field(1.0, gt=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("PolynomialLR", {"total_iters": total, "power": self.power})


class Exponential(Warmed):
    """Multiplies the rate by `gamma`, the main argument, after every epoch, or every step by `unit`."""

    key: ClassVar[str] = "exponential"
    has_lengths: ClassVar[bool] = True
    main: ClassVar[str | None] = "gamma"

    gamma: float = Field(gt=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("ExponentialLR", {"gamma": self.gamma}, every)


class Step(Warmed):
    """Multiplies the rate by `gamma` every `step_size` epochs, the main argument, or steps by `unit`."""

    key: ClassVar[str] = "step"
    rule: ClassVar[str] = "netspec.functional.schedules.step_decay"
    has_lengths: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("step_decay",)
    main: ClassVar[str | None] = "step_size"

    step_size: int = Field(gt=0, le=MOST_COUNTED)
    gamma: float = Field(0.1, gt=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("StepLR", {"step_size": self.step_size, "gamma": self.gamma}, every)


def _milestones(value: Any) -> tuple[int, ...]:
    """Reads whole numbers above 0, each above the one before."""
    numbers = tuple(value) if isinstance(value, list | tuple) else ()
    whole = all(type(number) is int and 0 < number <= MOST_COUNTED for number in numbers)
    if not numbers or not whole or any(a >= b for a, b in pairwise(numbers)):
        raise PydanticCustomError("milestones", "whole numbers above 0, each above the one before: [30, 60, 80]")
    return numbers


class MultiStep(Warmed):
    """Multiplies the rate by `gamma` at each of the `milestones`, the main argument, in `unit`."""

    key: ClassVar[str] = "multi_step"
    has_lengths: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("piecewise_constant", "milestones")
    main: ClassVar[str | None] = "milestones"

    milestones: Annotated[tuple[int, ...], BeforeValidator(_milestones)]
    gamma: float = Field(0.1, gt=0)

    def peer(self, base: float, total: int, every: int) -> Peer:
        return Peer("MultiStepLR", {"milestones": self.milestones, "gamma": self.gamma}, every)


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

    def peer(self, base: float, total: int, every: int) -> Peer:
        shape = {"pct_start": self.pct_start, "final_div_factor": self.final_div_factor, "cycle_momentum": False}
        given = {"max_lr": self.max_lr, "total_steps": total, "div_factor": self.max_lr / base, **shape}
        return Peer("OneCycleLR", given)

    def refuse(self, base: float) -> str | None:
        if self.max_lr < base:
            return f"the peak of `one_cycle`, {self.max_lr:g}, is below the optimizer's rate, {base:g}"
        return None


class ReduceOnPlateau(Schedule):
    """Multiplies the rate by `factor` after each `patience` + 1 epochs in a row without a lower loss.

    The loss is the one that chooses the best epoch: of the held-out images, if any. It is lower if it is so by more
    than the share `threshold` of the lowest. After a cut, `cooldown` epochs are not counted. The rate stays at or
    above `min_lr`. Equals torch's ReduceLROnPlateau.
    """

    key: ClassVar[str] = "reduce_on_plateau"
    also: ClassVar[tuple[str, ...]] = ("plateau", "reduce_lr_on_plateau")
    main: ClassVar[str | None] = "patience"
    watches: ClassVar[bool] = True

    patience: int = Field(10, ge=0, le=MOST_COUNTED)
    factor: float = Field(0.1, gt=0, lt=1)
    threshold: float = Field(1e-4, ge=0, lt=1)
    cooldown: int = Field(0, ge=0, le=MOST_COUNTED)
    min_lr: float = Field(0.0, ge=0)

    def refuse(self, base: float) -> str | None:
        if self.min_lr > base:
            return f"`min_lr` of `reduce_on_plateau`, {self.min_lr:g}, is above the optimizer's rate, {base:g}"
        return None
