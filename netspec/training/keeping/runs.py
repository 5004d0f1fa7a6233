"""The folders of runs that are there, with their results. Imports no torch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.driver.run_spec import run_spec
from netspec.files.run_folder import METRICS, SPEC, absent_run_help, final_weights
from netspec.training.keeping.lock import is_held
from netspec.training.keeping.metrics_file import read_metrics


def run_files(source: str, weights: str | None) -> tuple[str, str | None]:
    """Spec and weights that `eval` is given: a spec as it is; a run's folder as its spec and its final weights.

    Raises:
        NetspecError: NS0925: one of them is a link in the run's folder. NS0906: a plugin of the run's is not loaded.
    """
    spec = str(run_spec(source))
    if spec != source and weights is None:
        weights = str(final_weights(Path(source)))
    return spec, weights


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The record of a run, from its folder.

    Attributes:
        folder: The folder of the run.
        metrics: The content of its ``metrics.json``; empty where there is nothing that can be read.
        problem: The reason why it cannot be read, or None.
        held: Whether a process trains it.
    """

    folder: Path
    metrics: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    held: bool = False

    @property
    def state(self) -> str:
        """``done``, ``interrupted``, ``failed``, ``running``, or ``stopped`` without a word; ``begun``; ``broken``."""
        if self.problem:
            return "broken"
        state = str(self.metrics.get("state", "begun"))
        return "stopped" if state == "running" and not self.held else state

    @property
    def done(self) -> int:
        """Epochs that are over."""
        return len(self.metrics.get("epochs", ()))

    @property
    def planned(self) -> int | None:
        """Epochs of the whole run; None where its length is in steps and nothing tells more."""
        planned = self.metrics.get("planned_epochs") or self.recipe.get("epochs")
        return int(planned) if planned else None

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole recipe."""
        return self.metrics.get("recipe") or {}

    @property
    def compared(self) -> Mapping[str, Any]:
        """The recipe as runs are compared by it: the place of the data is one path, however each wrote it."""
        place, data = (self.metrics.get("data") or {}).get("place"), self.recipe.get("data")
        if place is None or not isinstance(data, Mapping) or not data:
            return self.recipe
        return {**self.recipe, "data": {**data, next(iter(data)): place}}

    @property
    def best_epoch(self) -> int | None:
        """The number of the epoch with the best weights."""
        return (self.metrics.get("best") or {}).get("epoch")

    @property
    def seconds(self) -> float | None:
        """The time of its steps."""
        found = self.metrics.get("seconds")
        return None if found is None else float(found)

    def figure(self, name: str) -> float | None:
        """A figure of the final weights: ``test_accuracy``; ``validation_loss`` and ``loss`` are the last epoch's."""
        return self._of(self.metrics, self.done, name)

    def best(self, name: str) -> float | None:
        """The same figure of the best weights, and of their epoch."""
        return self._of(self.metrics.get("best") or {}, self.best_epoch, name)

    def validated(self) -> list[str]:
        """The figures on the held-out images, by name."""
        return list(dict.fromkeys(n for each in self._epochs for n in each if n.startswith("validation_")))

    @property
    def _epochs(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.metrics.get("epochs", ())
        return found

    def _of(self, tested: Mapping[str, Any], number: int | None, name: str) -> float | None:
        if name.startswith("test_"):
            return tested.get(name)
        return next((each.get(name) for each in self._epochs if each.get("epoch") == number), None)


def read_runs(*places: Path) -> list[RunRecord]:
    """The runs of all places, each once: those in a folder, by name, numbers in their order; or the one that it is.

    Every folder in a place is listed: one that holds no run, or one that cannot be read, is a record with a problem.

    Args:
        places: Folders of runs and of many.

    Raises:
        NetspecError: NS0902: there is no such folder.
    """
    found = {os.path.realpath(each): each for place in places for each in _folders(place)}
    return [_read(folder) for folder in found.values()]


def _folders(place: Path) -> list[Path]:
    try:
        return [place] if _is_run(place) else _within(place)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{place} cannot be read: {reason}"
        raise NetspecError.of(Code.FILE_UNREADABLE, message, help=absent_run_help(place)) from None


def _within(place: Path) -> list[Path]:
    inside = [each for each in place.iterdir() if each.is_dir() and not each.name.startswith(".")]
    return sorted(inside, key=lambda each: _natural(each.name))


def differences(runs: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """The values in which recipes differ, by dotted key, one for each run; None where a recipe has no such key.

    An option that only one of two parts has is listed only where it matters: with another optimizer its name is enough.
    """
    flat = [dict(_flat(run.compared)) for run in runs]
    known = [each for each in flat if each]
    keys = list(dict.fromkeys(key for each in known for key in each))
    return {
        key: [each.get(key) for each in flat]
        for key in keys
        if any(each.get(key) != known[0].get(key) for each in known)
    }


def _is_run(folder: Path) -> bool:
    return os.path.lexists(folder / METRICS) or os.path.lexists(folder / SPEC)


def _read(folder: Path) -> RunRecord:
    """One run; problems with its folder are in the record."""
    if not _is_run(folder):
        return RunRecord(folder, problem=f"it holds neither {METRICS} nor {SPEC}")
    if not os.path.lexists(folder / METRICS):
        return RunRecord(folder)
    try:
        return RunRecord(folder, read_metrics(folder), held=is_held(folder))
    except NetspecError as error:
        return RunRecord(folder, problem=error.diagnostics[0].message.removeprefix(f"{folder}{os.sep}"))


def _flat(recipe: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values by dotted keys. A part, whose first key has its name, is named by that: ``optimizer: adamw``."""
    for key, value in recipe.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``net-2`` before ``net-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
