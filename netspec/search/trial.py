"""One point of a search: refused by what a spec's check finds, or else trained by an ordinary run.

Trials follow each other in one process, which reads the data once, draws no pictures of runs and saves them once they
end: all that takes longer than a tiny network's training. A trial that is killed is tried anew, not resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from math import isfinite, isinf
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

from netspec import api
from netspec.analysis.budget import COSTS, cost, over_budget
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import places_of, recipe_of
from netspec.driver.spec import Spec
from netspec.frontend.schema import SECTION
from netspec.objects.immutable import immutable
from netspec.recipe.consistency import measured_by
from netspec.search.measured import ADVICE, Unmeasured, holds_out, no_validation, not_measured
from netspec.search.space import changes, settings_of
from netspec.training.beforehand import check_recipe
from netspec.training.steps.interrupt import Interrupt

if TYPE_CHECKING:
    from netspec.training.feeding.reading_once import PreparedOnce
    from netspec.training.keeping.metrics_file import Epoch
    from netspec.training.keeping.report import Report

GIVEN = ("epochs", "steps", "seed", "batch_size", "folder")
"""Arguments of a run that replace a recipe's values."""

_OURS = (Code.FILE_UNWRITABLE, Code.TORCH_MISSING)
"""Errors that no other point would mend: they end the search."""

_OF_DATA = (Code.DATA_NOT_FOUND, Code.DATA_BROKEN)
"""Errors that another point may mend where an axis changes the data."""


@immutable
class Goal:
    """A figure that is searched for: one of the validation, or a cost of the network, which needs no training.

    Attributes:
        figure: ``accuracy``, ``loss``; ``params``, ``macs``, ``memory``, ``depth``.
        direction: Whether more or less of it is better.
    """

    figure: str
    direction: Literal["maximize", "minimize"]

    @property
    def is_cost(self) -> bool:
        """Whether the network alone tells it."""
        return self.figure in COSTS


@immutable
class Outcome:
    """The end of a trial.

    Attributes:
        state: It was ``trained``; ``refused`` before that; ``stopped`` for being worse than the median; it ``failed``;
            or it was ``interrupted``, so that its trial has no end.
        figures: The value of each goal; None where there is none.
        told: Costs, deviations over seeds, folders, or the reason.
        signal: The number of a signal that came meanwhile, with which the search ends.
        error: The error by which it failed.
    """

    state: Literal["trained", "refused", "stopped", "failed", "interrupted"]
    figures: Sequence[float] | None
    told: Mapping[str, Any]
    signal: int | None = None
    error: NetspecError | None = None


Begun = tuple[Any, dict[str, Any]]
"""A trial that has begun, as Optuna has it, and its point."""

Ended = tuple[Any, dict[str, Any], Outcome]
"""A trial that has ended, its point, and its outcome."""

Hopeless = Callable[[Any, int, float], bool]
"""Says of a trial after an epoch, by its first goal's figure, whether it is stopped."""


@immutable
class Judge:
    """What judges the points of a search.

    Attributes:
        spec: The spec that points change.
        goals: The figures that are searched for.
        budget: Limits of costs, as a spec's section `budget` has them.
        seeds: Runs of a point, with seeds from the recipe's on; figures are means.
        folder: The search's folder.
        values: Further arguments of each run: device, folder of the data, epochs.
    """

    spec: Spec
    goals: Sequence[Goal]
    budget: Mapping[str, str | int]
    seeds: int
    folder: Path
    values: Mapping[str, Any]

    def spec_at(self, point: Mapping[str, Any]) -> tuple[Spec, dict[str, int | None]]:
        """The spec of a point, and its costs; imports no torch.

        Raises:
            NetspecError: It is wrong, does not fit data that are known, or exceeds a budget.
        """
        spec = self.spec.changed(settings_of(self.spec, point))
        values = {name: value for name, value in self.values.items() if name in GIVEN}
        recipe = recipe_of(spec, **values)
        if not all(goal.is_cost for goal in self.goals):  # else nothing is trained
            if not holds_out(recipe):
                raise no_validation()
            check_recipe(spec, recipe, places_of(spec, **values), anew=True)
            measured = measured_by(recipe)
            if wrong := next(
                (each.figure for each in self.goals if not (each.is_cost or each.figure in measured)), None
            ):
                raise not_measured(wrong, measured)
            if changes(point, "data"):
                recipe.data.look()
        analysis = api.analyze(spec)
        state = recipe.optimizer.state
        limits = (spec.document.budget, self.budget)
        if broken := [each for limit in limits for each in over_budget(analysis, limit, lambda path: None, state)]:
            raise NetspecError(broken)
        costs = {name: cost(name, analysis, state) for name in COSTS}
        for goal in self.goals:
            if goal.is_cost and costs[goal.figure] is None:
                raise NetspecError.of(Code.BUDGET_EXCEEDED, f"its {goal.figure} are not known")
        return spec, costs

    def untrained(self, point: Mapping[str, Any]) -> Outcome | tuple[Spec, dict[str, int | None]]:
        """The outcome of a point that is refused, or of which costs alone are asked; else its spec, and its costs."""
        try:
            spec, costs = self.spec_at(point)
        except NetspecError as error:
            return Outcome("refused", None, _reason(error))
        if all(goal.is_cost for goal in self.goals):
            return Outcome("trained", [_known(costs, goal) for goal in self.goals], dict(costs))
        return spec, costs

    def judged(self, number: int, point: Mapping[str, Any], stop: Callable[[int, float], bool] | None) -> Outcome:
        """The outcome of a point.

        Args:
            number: The trial's number, which its runs' folders have.
            point: The values of the axes.
            stop: Is told an epoch's number and the first goal's figure after it, and says whether to give up; None
                where no run is stopped.

        Raises:
            NetspecError: An error that no other point would mend.
        """
        found = self.untrained(point)
        if isinstance(found, Outcome):
            return found
        spec, costs = found
        told: dict[str, Any] = dict(costs)
        watcher = Watcher(self.goals[0], stop) if stop and not self.goals[0].is_cost else None
        interrupt = Interrupt()
        try:
            reports = self._trained(spec, number, watcher, interrupt)
        except NetspecError as error:
            if interrupt.asked:  # which may be why it failed
                return Outcome("interrupted", None, told, interrupt.signal)
            if isinstance(error, Unmeasured):  # a run's own advice is to resume it
                error = Unmeasured([replace(each, help=ADVICE) for each in error.diagnostics])
            if _is_for_all(error, point):
                raise error from None
            return Outcome("failed", None, {**told, **_reason(error)}, error=error)
        signal = interrupt.signal
        if len(reports) < self.seeds or reports[-1].state == "interrupted":
            return Outcome("interrupted", None, told, signal)
        told["runs"] = [str(report.folder) for report in reports]
        if watcher and watcher.hopeless and reports[-1].metrics["stopped_early"]:
            return Outcome("stopped", None, told, signal)
        figures = [[self._figure(goal, costs, report) for report in reports] for goal in self.goals]
        for goal, each in zip(self.goals, figures, strict=True):
            if not all(map(isfinite, each)):  # of a validation without a positive label, or a flawless one in dB
                is_what = "infinite" if any(map(isinf, each)) else "unknown"
                return Outcome("failed", None, {**told, "reason": f"its {goal.figure} is {is_what}"}, signal)
        if self.seeds > 1:
            told["deviations"] = [stdev(each) for each in figures]
        return Outcome("trained", [fmean(each) for each in figures], told, signal)

    def _trained(self, spec: Spec, number: int, watcher: Watcher | None, interrupt: Interrupt) -> list[Report]:
        """The reports of a point's runs, of which none begins once a signal has come."""
        from netspec.training.spec import train_spec

        first = recipe_of(spec).seed if self.values.get("seed") is None else self.values["seed"]
        reports: list[Report] = []
        for index in range(self.seeds):
            values = {**self.values, "seed": first + index}
            given: Any = {"is_enough": watcher, "prepared": self._data, "sparing": True, "interrupt": interrupt}
            reports.append(train_spec(spec, out=self._run(number, index), **given, **values))
            if interrupt.asked:
                break
        return reports

    @cached_property
    def _data(self) -> PreparedOnce:
        """The data that runs share."""
        from netspec.training.feeding.reading_once import PreparedOnce

        return PreparedOnce()

    def _run(self, number: int, index: int) -> Path:
        return self.folder / (f"trial-{number}" + (f"-seed-{index + 1}" if self.seeds > 1 else ""))

    def _figure(self, goal: Goal, costs: Mapping[str, int | None], report: Report) -> float:
        """The figure of a goal, that of the best epoch for one of the validation."""
        if goal.is_cost:
            return _known(costs, goal)
        best = report.metrics["epochs"][report.metrics["best"]["epoch"] - 1]
        return validated(goal, {name.removeprefix("validation_"): best[name] for name in best if "validation_" in name})


def validated(goal: Goal, figures: Mapping[str, float]) -> float:
    """The value of a goal among the figures of a validation.

    Raises:
        NetspecError: NS0801: it is not among them.
    """
    if goal.figure in figures:
        return float(figures[goal.figure])
    if figures:
        raise not_measured(goal.figure, figures)
    raise no_validation()


def _is_for_all(error: NetspecError, point: Mapping[str, Any]) -> bool:
    """Whether no other point would mend an error by which one failed."""
    if isinstance(error, Unmeasured):
        return not any(name.split(".")[0] == SECTION for name in point)
    code = error.diagnostics[0].code
    return code in _OURS or (code in _OF_DATA and not changes(point, "data"))


def _reason(error: NetspecError) -> dict[str, Any]:
    """What is told of an error: its first diagnostic."""
    first = error.diagnostics[0]
    return {"reason": first.message, "code": first.code.number}


def _known(costs: Mapping[str, int | None], goal: Goal) -> float:
    found = costs[goal.figure]
    assert found is not None  # the point would have been refused
    return float(found)


class Watcher:
    """Says of each epoch whether the run ends with it, since there is no hope for it.

    Attributes:
        hopeless: Whether it said so.
    """

    def __init__(self, goal: Goal, stop: Callable[[int, float], bool]) -> None:
        self._goal, self._stop = goal, stop
        self.hopeless = False

    def __call__(self, epoch: Epoch) -> bool:
        self.hopeless = self._stop(epoch.epoch, validated(self._goal, epoch.validation))
        return self.hopeless


def here(judge: Judge, ask: Callable[[], Begun | None], hopeless: Hopeless | None) -> Iterator[Ended]:
    """The trials that have ended, each begun where the one before has, in this process.

    Args:
        judge: What judges their points.
        ask: Gives the next one; None where there is none.
        hopeless: None gives up none.
    """
    while (begun := ask()) is not None:
        trial, point = begun
        yield trial, point, judge.judged(trial.number, point, partial(hopeless, trial) if hopeless else None)
