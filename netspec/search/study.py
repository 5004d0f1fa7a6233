"""The trials of a search, kept by Optuna: in a journal in its folder, or in a database that many machines share."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from math import ceil
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from netspec.diagnostics import Code, NetspecError
from netspec.search.claims import HOLDER, LOST, NoneLeft, is_dead
from netspec.search.space import Axis
from netspec.search.storage import JOURNAL, opened
from netspec.search.unseen import Unseen
from netspec.search.values import Space, distribution, suggested
from netspec.training.keeping.lock import Holder

_SETUP, _KILLED, _AGAIN, _VOID, _TOLD, _REFUSED = "setup", "killed", "again", "void", "told", "refused"
"""Names of what is kept beside Optuna's own: what is searched; whether a trial's process or its worker was killed, the
number of the killed trial that a trial is in place of, whether no point was left for it, what is told of its end, and
whether that is a refusal."""

_GOOD = 0.1
"""The share of trials that TPE takes for good ones, 25 at most, as is Optuna's default."""

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
        self.distributions = {axis.name: distribution(axis) for axis in axes}
        self._space = Space(self.distributions)
        self._axes, self._grid, self._seed = {axis.name: axis for axis in axes}, grid, seed
        where = storage or str(folder / JOURNAL)
        try:
            self._storage = opened(folder, storage)
            self._study = optuna.create_study(
                study_name=name,
                storage=self._storage,
                directions=[StudyDirection[each.upper()] for each in directions],
                pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=patience),
                load_if_exists=True,
            )
            self._id = self._storage.get_study_id_from_name(name)
            begun = self._trials()  # before what is kept is read, which is set before the first trial
            kept = self._study.user_attrs.get(_SETUP)
        except NetspecError:
            raise
        except Exception as error:  # a stranger's file or database can fail in any way
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            reason = "it is no journal" if isinstance(error, AssertionError) else reason
            raise NetspecError.of(Code.NOT_RESUMABLE, f"{where} holds no search that can go on: {reason}") from error
        if kept is None and not begun:
            self._study.set_user_attr(_SETUP, json.dumps(setup))
        elif kept != json.dumps(setup):
            _refuse_other(where, kept, json.loads(json.dumps(setup)))

    def counted(self) -> int:
        """The number of trials that were begun, without those that were killed; of draws, without refused ones."""
        living = self._living()
        return len(living) if self._grid is not None else sum(_REFUSED not in each.user_attrs for each in living)

    def refused_last(self) -> int:
        """How many draws were refused since the last one that was not."""
        if self._grid is not None:
            return 0
        return sum(1 for _ in takewhile(lambda each: _REFUSED in each.user_attrs, reversed(self._living())))

    def _living(self) -> list[FrozenTrial]:
        """The trials that were begun, without those that were killed, or have no point."""
        begun = (each for each in self._trials() if not {_KILLED, _VOID} & each.user_attrs.keys())
        return [each for each in begun if not is_dead(each)]

    def elsewhere(self) -> int:
        """The number of trials that other living processes are at."""
        mine = asdict(Holder.here())
        running = self._trials((TrialState.RUNNING,))
        return sum(each.user_attrs.get(HOLDER) != mine and not is_dead(each) for each in running)

    def used_up(self) -> int | None:
        """The number of all points of the axes, where each is a trial's; None where there are others."""
        if self._grid is not None:
            return len(self._grid) if len(self._living()) >= len(self._grid) else None
        number = self._space.number
        return None if number is None or len(self._space.known(self._trials())) < number else number

    def ask(self) -> tuple[Trial, dict[str, Any]] | None:
        """A trial that has begun, and its point: in place of a dead process's, or new; None where none is left."""
        number = self._heir()
        if number is None and self.used_up():
            return None
        begun = self._begun({}, {}) if number is None else number
        # Anew each time, so that a search that was killed draws what it would have drawn.
        self._study.sampler = self._sampler(begun)
        try:
            trial = Trial(self._study, begun)
            point = {name: suggested(trial, name, each) for name, each in self.distributions.items()}
        except NoneLeft:  # other processes have taken the last ones meanwhile
            self._storage.set_trial_user_attr(begun, _VOID, True)
            self._storage.set_trial_state_values(begun, TrialState.FAIL)
            return None
        return trial, {name: self._value(name, value) for name, value in point.items()}

    def _begun(self, fixed: Mapping[str, Any], attributes: Mapping[str, Any]) -> int:
        """The storage's number of a trial that has begun, of which some values are fixed.

        The journal's first line of it tells whose it is, wherever that process is killed.
        """
        mine = create_trial(
            state=TrialState.RUNNING,
            user_attrs={HOLDER: asdict(Holder.here()), **attributes},
            system_attrs={"fixed_params": dict(fixed)},
        )
        return self._storage.create_new_trial(self._id, mine)

    def _heir(self) -> int | None:
        """A trial in place of one whose process is dead; None where there is none, or another process sees to it."""
        for dead in filter(is_dead, self._trials((TrialState.RUNNING,))):
            heirs = [each for each in self._trials() if each.user_attrs.get(_AGAIN) == dead.number]
            heirs = [each for each in heirs if not each.user_attrs.get(_KILLED)]
            if not all(map(is_dead, heirs)):
                continue
            # Begun before the other is ended, so that it is in the journal wherever this process is killed.
            drawn = dead.params if dead.params.keys() == self._axes.keys() else {}
            heir = None if heirs else self._begun(drawn, {_AGAIN: dead.number})
            if self._ended(dead._trial_id) and heir is not None:
                return heir
            if heir is not None:  # another process was quicker
                self._ended(heir)
        return None

    def _ended(self, trial: int) -> bool:
        """End a trial as one that was killed; whether that was not done before."""
        try:
            self._storage.set_trial_user_attr(trial, _KILLED, True)
            return self._storage.set_trial_state_values(trial, TrialState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:
            return False

    def losses(self, trial: Trial) -> int:
        """How many workers were lost at the trials that a trial is in place of."""
        trials = self._trials()
        return sum(LOST in each.user_attrs for each in _line(trials[trial.number], trials))

    def lost(self, trial: Trial) -> None:
        """Note that the worker at a trial was lost, so that the trial is tried anew."""
        trial.set_user_attr(LOST, True)

    def finish(self, trial: Trial, state: str, values: Sequence[float] | None, told: Mapping[str, Any]) -> None:
        """Note the end of a trial: its state, its figures if it has any, and what else is told of it."""
        if state == "refused":
            trial.set_user_attr(_REFUSED, True)
        trial.set_user_attr(_TOLD, json.dumps({"state": state, **told}))
        if values is not None:
            self._study.tell(trial, list(values))
        else:  # TPE takes it for worse than all that have figures; it would not know of a failed one, and draw it again
            self._study.tell(trial, state=TrialState.PRUNED)

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

    def _sampler(self, begun: int) -> BaseSampler:
        """What draws the values of a trial."""
        if self._grid is not None:
            return _Grid(self._grid, self._axes)
        position = _position(self._storage.get_trial(begun), self._trials())
        whole = len(self._trials((TrialState.COMPLETE,)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tpe = TPESampler(
                seed=(self._seed + position) % 2**32,
                n_startup_trials=10,
                gamma=lambda _: min(ceil(_GOOD * whole), 25),  # of those with figures: no other one is good
                constant_liar=True,
            )
        return Unseen(tpe, self._space, self._seed + position)


class _Grid(BaseSampler):
    """The points of a grid, one after the other."""

    def __init__(self, points: Sequence[Mapping[str, Any]], axes: Mapping[str, Axis]) -> None:
        self._points, self._axes = points, axes

    def infer_relative_search_space(self, study: Any, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(self, study: Any, trial: FrozenTrial, search_space: Any) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        position = _position(trial, study.get_trials(deepcopy=False))
        if position >= len(self._points):
            raise NoneLeft
        value = self._points[position][param_name]
        values = self._axes[param_name].values
        return values.index(value) if values else value


def _position(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
    """The place of a trial among those that were not killed; one in place of another has that one's."""
    *_, first = _line(trial, trials)
    return sum(_AGAIN not in each.user_attrs for each in trials[: first.number])


def _line(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> Iterator[FrozenTrial]:
    """A trial, the killed one that it is in place of, that one's, and so on."""
    yield trial
    while (again := trial.user_attrs.get(_AGAIN)) is not None:
        trial = trials[again]
        yield trial


def _refuse_other(where: str, kept: Any, setup: Mapping[str, Any]) -> None:
    try:
        old = json.loads(kept)
        changed = [key for key in setup if old.get(key) != setup[key]]
    except (TypeError, ValueError, AttributeError):
        changed = []
    differ = f", with other {', '.join(changed)}" if changed else ""
    raise NetspecError.of(
        Code.NOT_RESUMABLE,
        f"{where} holds another search{differ}",
        help="give it a folder of its own with --out, or --storage's database another name of the network",
    )
