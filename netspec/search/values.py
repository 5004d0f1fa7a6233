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
