"""The values of axes, as Optuna draws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, Trial

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


Place = tuple[Any, ...]
"""The positions of a point's values on their axes."""


class Space:
    """The points of a search's axes, as Optuna has them."""

    def __init__(self, axes: Mapping[str, BaseDistribution]) -> None:
        self.axes = axes
        sizes = [size(each) for each in axes.values()]
        self.sizes = [each for each in sizes if each is not None] if None not in sizes else None

    @property
    def number(self) -> int | None:
        """How many points there are; None where an axis has real numbers."""
        return None if self.sizes is None else prod(self.sizes)

    def place(self, point: Mapping[str, Any]) -> Place:
        """The place of a point."""
        return tuple(position(values, point[name]) for name, values in self.axes.items())

    def known(self, trials: list[FrozenTrial]) -> set[Place]:
        """The places of trials that have all their values."""
        return {self.place(each.params) for each in trials if each.params.keys() == self.axes.keys()}

    def after(self, start: int) -> Iterator[dict[str, Any]]:
        """All points of countable axes, from the one at a number on, and round."""
        whole = self.number or 0
        for number in range(start, start + whole):
            rest, point = number % whole, dict[str, Any]()
            for (name, values), each in zip(self.axes.items(), self.sizes or (), strict=True):
                rest, place = divmod(rest, each)
                point[name] = value_at(values, place)
            yield point
