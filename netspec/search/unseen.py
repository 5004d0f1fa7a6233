"""Draws of a search that no trial has had: the same point with the same seed would give the same figures."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from netspec.search.values import position, size, value_at

_DRAWS = 20
"""The draws that may give a known point, before one is taken that is not: a sampler that has learned returns to it."""

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


class Unseen(BaseSampler):
    """Draws as another sampler does, but no point that a trial has had, while there are others.

    Args:
        drawn: The other sampler.
        space: The points.
        seed: The seed of a point that is taken where draws return to known ones.
    """

    def __init__(self, drawn: BaseSampler, space: Space, seed: int) -> None:
        self._drawn, self._space, self._seed = drawn, space, seed

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return dict(self._space.axes)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        known = self._space.known([each for each in study.get_trials(deepcopy=False) if each.number != trial.number])
        for _ in range(_DRAWS):
            point = {
                name: self._drawn.sample_independent(study, trial, name, values)
                for name, values in self._space.axes.items()
            }
            if self._space.place(point) not in known:
                return point
        start = random.Random(self._seed).randrange(self._space.number or 1)
        # As many points are looked at as are known, at most, and one more.
        return next((each for each in self._space.after(start) if self._space.place(each) not in known), point)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        return self._drawn.sample_independent(study, trial, param_name, param_distribution)
