"""The values of axes, as Optuna draws them."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from netspec.search.space import Axis


def distribution(axis: Axis) -> BaseDistribution:
    """What a value of an axis is drawn from; of a listed one, its position."""
    if axis.values:
        return CategoricalDistribution(list(range(len(axis.values))))
    if axis.is_whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log, step=int(axis.step or 1))
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def suggested(trial: Trial, name: str, values: BaseDistribution) -> Any:
    """The value of an axis that a trial draws; of a listed one, its position."""
    match values:
        case IntDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_int(name, low, high, log=log, step=step)
        case FloatDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_float(name, low, high, log=log, step=step)
        case CategoricalDistribution(choices=choices):
            return trial.suggest_categorical(name, choices)
    raise TypeError(values)


def size(values: BaseDistribution) -> int | None:
    """How many values there are; None for the real numbers of a range."""
    match values:
        case CategoricalDistribution(choices=choices):
            return len(choices)
        case IntDistribution(low=low, high=high, step=step):
            return (high - low) // step + 1
        case FloatDistribution(low=low, high=high, step=float() as step):
            return round((high - low) / step) + 1  # its highest value is a step of it
    return None


def position(values: BaseDistribution, value: Any) -> Any:
    """The place of a value among them; of a real number itself."""
    match values:
        case IntDistribution(low=low, step=step):
            return (value - low) // step
        case FloatDistribution(low=low, step=float() as step):
            return round((value - low) / step)
    return value


def value_at(values: BaseDistribution, place: int) -> Any:
    """The value at a place, where they are countable."""
    match values:
        case IntDistribution(low=low, step=step):
            return low + place * step
        case FloatDistribution(low=low, high=high, step=float() as step):
            return min(low + place * step, high)
    return place
