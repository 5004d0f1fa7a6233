"""Draws of a search that no trial has had: the same point with the same seed would give the same figures."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from netspec.search.claims import Claims
from netspec.search.values import Place, Space

_DRAWS = 20
"""The draws that may give a known point, before one is taken that is not: a sampler that has learned returns to it."""

Point = dict[str, Any]


class Unseen(BaseSampler):
    """Draws as another sampler does, but no point that a trial has had, or that one of another process draws.

    A trial in place of another has that one's point.

    Args:
        drawn: The other sampler.
        space: The points.
        seed: The seed of a point that is taken where draws return to known ones.

    Raises:
        NoneLeft: There is no other point.
    """

    def __init__(self, drawn: BaseSampler, space: Space, seed: int) -> None:
        self._drawn, self._space, self._seed = drawn, space, seed
        self._random = RandomSampler(seed)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return dict(self._space.axes)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Any) -> Point:
        if trial.system_attrs.get("fixed_params"):
            return {}
        claims = Claims(study, self._space, trial)
        while True:
            taken, claimed = claims.others()
            point = self._point(study, trial, taken | claimed.keys())
            if point is None:
                claims.wait(claimed)
            elif claims.claim(self._space.place(point)):
                return point

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        return self._drawn.sample_independent(study, trial, param_name, param_distribution)

    def _point(self, study: Study, trial: FrozenTrial, known: Collection[Place]) -> Point | None:
        """A point that is not known; None where there is none."""
        for sampler in (self._drawn, self._random):
            for _ in range(_DRAWS):
                point = self._draw(sampler, study, trial)
                if self._space.place(point) not in known:
                    return point
            if self._space.number is not None:
                break
        else:
            return None
        start = random.Random(self._seed).randrange(self._space.number)
        # As many points are looked at as are known, at most, and one more.
        return next((each for each in self._space.after(start) if self._space.place(each) not in known), None)

    def _draw(self, sampler: BaseSampler, study: Study, trial: FrozenTrial) -> Point:
        return {
            name: sampler.sample_independent(study, trial, name, values) for name, values in self._space.axes.items()
        }
