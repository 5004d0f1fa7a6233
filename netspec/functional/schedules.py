"""Schedules of the learning rate, pure functions of the step, so that a run can be
resumed anywhere.

Each gives the rate of a step, counted from 0; `base` is the optimizer's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Steps:
    """The length of a run: steps of the optimizer, in all and per epoch."""

    total: int
    per_epoch: int


def unit_steps(unit: str, steps: Steps) -> int:
    """Steps in an epoch, or in a step."""
    return steps.per_epoch if unit == "epochs" else 1


def warmed(
    base: float,
    step: int,
    steps: Steps,
    warmup: float,
    unit: str,
    after: Callable[[float, int, Steps], float],
) -> float:
    """A linear rise over `warmup` epochs or steps, then a schedule from its start."""
    warm = round(warmup * unit_steps(unit, steps))
    if step < warm:
        return base * (step + 1) / warm
    return after(base, step - warm, Steps(max(1, steps.total - warm), steps.per_epoch))


def constant(base: float, step: int, steps: Steps) -> float:
    """The same rate throughout."""
    return base


def cosine(base: float, step: int, steps: Steps, eta_min: float) -> float:
    """Half a cosine down to `eta_min` (arXiv:1608.03983, without restarts)."""
    return along_cosine(base, eta_min, step / steps.total)


def cosine_restarts(
    base: float,
    step: int,
    steps: Steps,
    t_0: int,
    t_mult: int,
    eta_min: float,
    unit: str,
) -> float:
    """Half a cosine down to `eta_min`, again and again (arXiv:1608.03983)."""
    length = t_0 * unit_steps(unit, steps)
    if t_mult == 1:
        step %= length
    while step >= length:
        step, length = step - length, length * t_mult
    return along_cosine(base, eta_min, step / length)


def linear(
    base: float, step: int, steps: Steps, start_factor: float, end_factor: float
) -> float:
    """A straight line from one multiple of the rate to another."""
    share = step / steps.total
    return base * (start_factor + (end_factor - start_factor) * share)


def polynomial(base: float, step: int, steps: Steps, power: float) -> float:
    """The share of the run that is left, to a power."""
    return base * float((1 - step / steps.total) ** power)


def exponential(base: float, step: int, steps: Steps, gamma: float, unit: str) -> float:
    """The rate times `gamma` after every epoch or step."""
    return base * gamma ** (step // unit_steps(unit, steps))


def step_decay(
    base: float, step: int, steps: Steps, step_size: int, gamma: float, unit: str
) -> float:
    """The rate times `gamma` every so many epochs or steps."""
    return base * gamma ** (step // (step_size * unit_steps(unit, steps)))


def multi_step(
    base: float,
    step: int,
    steps: Steps,
    milestones: tuple[int, ...],
    gamma: float,
    unit: str,
) -> float:
    """The rate times `gamma` at each milestone, counted in epochs or steps."""
    one = unit_steps(unit, steps)
    return base * gamma ** sum(step >= milestone * one for milestone in milestones)


def one_cycle(
    base: float,
    step: int,
    steps: Steps,
    max_lr: float,
    pct_start: float,
    final_div_factor: float,
) -> float:
    """A rise to `max_lr`, then a fall to nearly nothing (arXiv:1708.07120).

    The same as torch's OneCycleLR with `div_factor` = max_lr / base and without cycled
    momentum.
    """
    peak, last = pct_start * steps.total - 1, steps.total - 1
    if step < peak:
        return along_cosine(base, max_lr, step / peak)
    share = (step - peak) / (last - peak)
    return along_cosine(max_lr, base / final_div_factor, share)


def reduce_on_plateau(
    base: float,
    step: int,
    steps: Steps,
    losses: Sequence[float],
    factor: float,
    patience: int,
    threshold: float,
    cooldown: int,
    min_lr: float,
) -> float:
    """The rate times `factor` after each `patience` + 1 epochs without a lower loss.

    A loss is lower if it is below the lowest by more than the share `threshold`. After
    a cut, `cooldown` epochs are not counted. The same as torch's ReduceLROnPlateau,
    worked out anew from the losses of all epochs before the step.
    """
    rate, lowest, since, rest = base, math.inf, 0, 0
    for loss in losses[: step // steps.per_epoch]:
        since += 1
        if loss < lowest * (1 - threshold):
            lowest, since = loss, 0
        if rest > 0:
            rest, since = rest - 1, 0
        if since > patience:
            lower = max(rate * factor, min_lr)
            rate = lower if rate - lower > 1e-8 else rate  # torch's `eps`
            rest, since = cooldown, 0
    return rate


def along_cosine(start: float, end: float, share: float) -> float:
    """The point of half a cosine from start (share 0) to end (share 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def decay_at(step: int, decay: float, warmup: bool) -> float:
    """The decay of an average of weights at a step, counted from 0.

    With a warm-up it is at most (1 + step) / (10 + step), as TensorFlow has it.
    """
    return min(decay, (1 + step) / (10 + step)) if warmup else decay


def kept_at(
    step: int, total: int, every: int, alpha: float, power: float
) -> float | None:
    """The share of Lookahead's slow weights that a step keeps, counted from 0.

    They move after every so many steps, by `alpha` of the way (arXiv:1907.08610), or by
    1 - (1 - alpha) t^power at the share t of the run; None at all other steps.
    """
    if (step + 1) % every:
        return None
    return (1 - alpha) * float(((step + 1) / total) ** power)


def stops(losses: Sequence[float], patience: int, min_delta: float) -> bool:
    """Whether none of the last `patience` losses is lower, by more than `min_delta`.

    One that is unknown, nan or infinite, does not count: it may have been lower.
    """
    best, since = math.inf, 0
    for loss in losses:
        if loss < best - min_delta:
            best, since = loss, 0
        elif loss < math.inf:
            since += 1
    return since >= patience


def best_first(costs: Sequence[float], losses: Sequence[float]) -> list[int]:
    """Epochs, counted from 0: that of the lowest cost first, of equal ones the earlier.

    Where a cost is unknown, nan or infinite, the epoch comes after all others, and the
    loss stands in its place.
    """

    def rank(epoch: int) -> tuple[float, float, int]:
        cost, loss = costs[epoch], losses[epoch]
        if cost < math.inf:
            return cost, 0.0, epoch
        return math.inf, min(math.inf, loss), epoch

    return sorted(range(len(costs)), key=rank)
