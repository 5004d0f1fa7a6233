"""The trials of a search, kept by Optuna: in a journal in its folder, or in a database that many machines share."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from netspec.diagnostics import Code, NetspecError
from netspec.files.writing import within
from netspec.search.journal import journal_at
from netspec.search.space import Axis
from netspec.training.keeping.lock import Holder

JOURNAL = "search.log"
"""The file of the journal in the search's folder."""

_LARGEST = 64 * 2**20
"""The bytes of a journal that are read."""

_SETUP, _HOLDER, _KILLED, _TOLD = "setup", "holder", "killed", "told"
"""Names of what is kept beside Optuna's own: what is searched, the process of a trial, its end, and its figures."""

Direction = str
"""``maximize`` or ``minimize``."""


class Study:
    """The trials of one search.

    Args:
        name: The name of the search, under which a database keeps it.
        folder: The search's folder.
        storage: The URL of a database; None for the journal in the folder.
        axes: The axes.
        directions: The direction of each figure that is searched for.
        setup: What is searched, as plain data: a search goes on only with the same.
        grid: All points of a grid; None draws points by TPE (Bergstra et al., "Algorithms for hyper-parameter
            optimization", 2011).
        seed: The seed of the draws.
        patience: Epochs before a trial may be stopped for being worse than the median of the others.

    Raises:
        NetspecError: NS0806: another search is kept there, or what is kept there is none. NS0925: it is a link.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        storage: str | None,
        *,
        axes: Sequence[Axis],
        directions: Sequence[Direction],
        setup: Mapping[str, Any],
        grid: Sequence[Mapping[str, Any]] | None,
        seed: int,
        patience: int,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.distributions = {axis.name: _distribution(axis) for axis in axes}
        self._axes, self._grid, self._seed = {axis.name: axis for axis in axes}, grid, seed
        where = storage or str(folder / JOURNAL)
        try:
            self._study = optuna.create_study(
                study_name=name,
                storage=_storage(folder, storage),
                directions=[StudyDirection[each.upper()] for each in directions],
                pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=patience),
                load_if_exists=True,
            )
            kept = self._study.user_attrs.get(_SETUP)
        except NetspecError:
            raise
        except Exception as error:  # a stranger's file or database can fail in any way
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise NetspecError.of(Code.NOT_RESUMABLE, f"{where} holds no search that can go on: {reason}") from error
        if kept is None:
            self._study.set_user_attr(_SETUP, json.dumps(setup))
        elif kept != json.dumps(setup):
            _refuse_other(where, kept, json.loads(json.dumps(setup)))

    def renew_killed(self) -> int:
        """Have the points of trials whose process is dead tried anew; gives their number."""
        killed = [each for each in self._trials((TrialState.RUNNING,)) if _holder(each).is_dead()]
        for each in killed:
            self._study._storage.set_trial_user_attr(each._trial_id, _KILLED, True)
            self._study.tell(each.number, state=TrialState.FAIL)
            self._study.enqueue_trial(each.params, user_attrs={"again": each.number})
        return len(killed)

    def counted(self) -> int:
        """The number of trials that were begun, without those that were killed."""
        waiting = (TrialState.WAITING,)
        return sum(each.state not in waiting and not each.user_attrs.get(_KILLED) for each in self._trials())

    def ask(self) -> tuple[Trial, dict[str, Any]]:
        """A new trial and its point."""
        # Anew each time, so that a search that goes on does not draw again what it has drawn.
        self._study.sampler = self._sampler()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial = self._study.ask(dict(self.distributions))
        trial.set_user_attr(_HOLDER, asdict(Holder.here()))
        return trial, {name: self._value(name, value) for name, value in trial.params.items()}

    def finish(self, trial: Trial, values: Sequence[float] | None, told: Mapping[str, Any], *, pruned: bool) -> None:
        """Note the end of a trial: its figures, or that it has none, and what else is told of it."""
        trial.set_user_attr(_TOLD, json.dumps(told))
        if values is not None:
            self._study.tell(trial, list(values))
        elif pruned and len(self._study.directions) == 1:
            self._study.tell(trial, state=TrialState.PRUNED)  # TPE takes it for worse than all that were trained
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def finished(self) -> list[tuple[int, dict[str, Any], list[float] | None, dict[str, Any]]]:
        """Number, point, figures and what is told of each trial that has ended, without those that were killed."""
        ended = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        found = []
        for each in self._trials(ended):
            if _TOLD in each.user_attrs:
                point = {name: self._value(name, value) for name, value in each.params.items()}
                values = each.values if each.state == TrialState.COMPLETE else None
                found.append((each.number, point, values, json.loads(each.user_attrs[_TOLD])))
        return found

    def _trials(self, states: tuple[TrialState, ...] | None = None) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states)

    def _value(self, name: str, kept: Any) -> Any:
        """A value of the spec: of a list, Optuna keeps the position."""
        values = self._axes[name].values
        return values[kept] if values else kept

    def _sampler(self) -> BaseSampler:
        if self._grid is not None:
            return _Grid(self._grid, self._axes)
        number = len(self._trials())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TPESampler(seed=(self._seed + number) % 2**32, n_startup_trials=10, constant_liar=True)


class _Grid(BaseSampler):
    """The points of a grid, one after the other."""

    def __init__(self, points: Sequence[Mapping[str, Any]], axes: Mapping[str, Axis]) -> None:
        self._points, self._axes = points, axes

    def infer_relative_search_space(self, study: Any, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(self, study: Any, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        before = [each for each in study.get_trials(deepcopy=False) if each.number < trial.number]
        position = sum("again" not in each.user_attrs for each in before)
        value = self._points[position % len(self._points)][param_name]
        values = self._axes[param_name].values
        return values.index(value) if values else value


def _distribution(axis: Axis) -> BaseDistribution:
    if axis.values:
        return CategoricalDistribution(list(range(len(axis.values))))
    if axis.is_whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log, step=int(axis.step or 1))
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def _storage(folder: Path, url: str | None) -> BaseStorage | str:
    if url is not None:
        return url
    file = within(folder, JOURNAL)
    if file.exists() and file.stat().st_size > _LARGEST:
        raise NetspecError.of(Code.NOT_RESUMABLE, f"{file} is larger than the journal of a search can be")
    return journal_at(file)


def _holder(trial: FrozenTrial) -> Holder:
    try:
        return Holder(**trial.user_attrs[_HOLDER])
    except (KeyError, TypeError):
        return Holder(0, "", "", "")


def _refuse_other(where: str, kept: Any, setup: Mapping[str, Any]) -> None:
    try:
        old = json.loads(kept)
        changed = [key for key in setup if old.get(key) != setup[key]]
    except (TypeError, ValueError, AttributeError):
        changed = []
    differ = f": its {', '.join(changed)} {'differs' if len(changed) == 1 else 'differ'}" if changed else ""
    raise NetspecError.of(
        Code.NOT_RESUMABLE,
        f"{where} holds another search{differ}",
        help="give it a folder of its own with --out, or --storage's database another name of the network",
    )
