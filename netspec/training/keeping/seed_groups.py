"""Runs that differ by their seeds alone, and the mean of their figures. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.files.run_folder import SPEC
from netspec.files.writing import within
from netspec.frontend import source
from netspec.frontend.schema import SECTION
from netspec.training.keeping.runs import RunRecord

_SEED = "seed"
_DATA = ("name", "train", "validation", "test", "images", "classes")
"""What tells data from others; what was measured of the training part changes with the part held out by the seed."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of several runs.

    Attributes:
        mean: Its mean.
        deviation: Its standard deviation, the sample's (over n - 1); None of a single run, which tells none.
        number: The number of runs.
    """

    mean: float
    deviation: float | None
    number: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Spread | None:
        """The spread of values; None where one of them is unknown, or there are none."""
        found = list(values)
        known = [each for each in found if each is not None]
        if not known or len(known) < len(found):
            return None
        return cls(fmean(known), stdev(known) if len(known) > 1 else None, len(known))


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """Runs of one network by one recipe, on the same data, each with a seed of its own; one at least."""

    runs: tuple[RunRecord, ...]

    @property
    def first(self) -> RunRecord:
        """The run that stands for what all have in common."""
        return self.runs[0]

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Those of the first run, whose keys all have."""
        return self.first.metrics

    @property
    def problem(self) -> str | None:
        """The reason why its only run cannot be read, or None."""
        return self.first.problem

    @property
    def seeds(self) -> list[int | None]:
        """The seed of each run; None where its metrics do not tell."""
        return [seed_of(run) for run in self.runs]

    @property
    def seconds(self) -> float | None:
        """The mean time of training."""
        found = Spread.of(run.seconds for run in self.runs)
        return None if found is None else found.mean

    def validated(self) -> list[str]:
        """The figures on the held-out images, by name."""
        return self.first.validated()

    def final(self, name: str) -> Spread | None:
        """A figure of the final weights, as `RunRecord.figure`; None where a run does not have it."""
        return Spread.of(run.figure(name) for run in self.runs)

    def best(self, name: str) -> Spread | None:
        """The same figure of the best weights of each."""
        return Spread.of(run.best(name) for run in self.runs)

    def figure(self, name: str) -> float | None:
        """The mean of a figure of the final weights."""
        found = self.final(name)
        return None if found is None else found.mean


def seed_of(run: RunRecord) -> int | None:
    """The seed of a run; None where its metrics do not tell."""
    found = run.metrics.get(_SEED)
    return found if type(found) is int else None


def by_seeds(runs: Iterable[RunRecord]) -> list[SeedGroup]:
    """Runs in groups that differ by the seed alone, in the order of their first ones.

    A run whose seed, recipe or spec is not known, and one that repeats a seed of its group, is in another one.
    """
    groups: list[tuple[str | None, list[RunRecord]]] = []
    for run in runs:
        key, seed = _key(run), seed_of(run)
        alike = (own for known, own in groups if key is not None and known == key)
        group = next((own for own in alike if seed not in map(seed_of, own)), None)
        if group is None:
            groups.append((key, [run]))
        else:
            group.append(run)
    return [SeedGroup(tuple(own)) for _, own in groups]


def _key(run: RunRecord) -> str | None:
    """All that runs of a group have in common, as text; None where it is not known."""
    if run.problem or not run.recipe or seed_of(run) is None:
        return None
    try:
        spec = source.read(within(run.folder, SPEC)).data
    except NetspecError:
        return None
    data = run.metrics.get("data") or {}
    common = {
        "state": run.state,
        "planned": run.planned,
        "network": {key: value for key, value in spec.items() if key != SECTION},
        "recipe": {key: value for key, value in run.compared.items() if key != _SEED},
        "data": {key: data.get(key) for key in _DATA},
        "start": run.metrics.get("started_from"),
        "figures": sorted(name for name in run.metrics if name.startswith("test_")),
    }
    return json.dumps(common, sort_keys=True, default=str)
