"""A search, from its axes to its trials; begun anew in the same folder, it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.driver.checking import warnings_of
from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec
from netspec.files.destination import refused
from netspec.objects.immutable import immutable
from netspec.recipe.libraries import require
from netspec.recipe.recipe import Recipe
from netspec.search.beforehand import check, check_given
from netspec.search.failing import Failures
from netspec.search.space import Axis, grid_of
from netspec.search.trial import GIVEN, Begun, Ended, Goal, Judge, Outcome, here

if TYPE_CHECKING:
    from netspec.search.study import Study

_LIMIT = re.compile(r"\s*(\w+)\s*((?:<=|>=|==|<|>)[^<>=]+)")

_DRAWS = 20
"""The trials of a search by draws, unless given."""

MOST_SEEDS = 1000
"""The most runs of a trial: the mean of so many is known to a thirtieth of their deviation."""

_VAIN = 300
"""Draws refused in a row after which a search ends: there is hardly a network within its axes that is allowed."""

_WARM = 4
"""The share of a run's epochs, as a divisor, before which it is not stopped."""


@immutable
class Trial:
    """A trial that has ended.

    Attributes:
        number: Its number; its runs are in ``trial-<number>``.
        point: The values of the axes.
        outcome: Its end.
        best: Whether no other trial is better: with several goals, better in one and as good in all.
    """

    number: int
    point: Mapping[str, Any]
    outcome: Outcome
    best: bool = False


@immutable
class Search:
    """A search, as far as it is.

    Attributes:
        name: The network's name.
        folder: Its folder.
        axes: Its axes.
        goals: The figures that were searched for.
        trials: The trials that have ended, in their order.
        wanted: The number of trials that it is to have.
        left: How many of them are still to be done.
        elsewhere: How many other processes are at.
        vain: Whether it ended before that, since draws were refused over and over.
        used_up: The number of all points of its axes, if it ended since each was a trial's.
        signal: The number of the signal that interrupted it, or None.
    """

    name: str
    folder: Path
    axes: tuple[Axis, ...]
    goals: tuple[Goal, ...]
    trials: tuple[Trial, ...]
    wanted: int
    left: int = 0
    elsewhere: int = 0
    vain: bool = False
    used_up: int | None = None
    signal: int | None = None


def read_budget(texts: Sequence[str]) -> dict[str, str]:
    """Limits as ``--budget 'params<=1M'`` writes them.

    Raises:
        NetspecError: NS0704: one is none.
    """
    found: dict[str, str] = {}
    for text in texts:
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise NetspecError.of(Code.BAD_SETTING, f"`--budget {text}` is no limit", expected="such as `params<=1M`")
        if match[1] in found:
            raise NetspecError.of(
                Code.BAD_SETTING, f"`--budget` has two limits of `{match[1]}`", expected="one of each"
            )
        found[match[1]] = match[2]
    return found


def search(
    spec: Spec,
    axes: Sequence[Axis],
    goals: Sequence[Goal] = (),
    *,
    budget: Mapping[str, str] | None = None,
    trials: int | None = None,
    grid: bool = False,
    seeds: int = 1,
    out: Path | None = None,
    storage: str | None = None,
    ray: str | None = None,
    workers: int | None = None,
    told: Callable[[Trial, Sequence[Goal]], None] = lambda trial, goals: None,
    warned: Callable[[Sequence[Diagnostic]], None] = lambda findings: None,
    **values: Any,
) -> Search:
    """Search a spec's params and recipe for the best networks.

    A trial whose network has an error or exceeds a budget is refused before torch is imported; others are trained by
    ordinary runs in the search's folder, one after the other in this process, or on a cluster of Ray. With one goal of
    the validation and one seed, a run worse than the median of the others is stopped. Begun again with the same
    arguments, a search goes on; so do several processes at once, on one machine or, with a database, on many.

    Args:
        spec: A spec with a section `train`, whose data hold out a part for validation: the test images choose nothing.
        axes: The axes; names of params, dotted keys of the spec, or ``depths.2`` for an item of a list.
        goals: The figures to search for; by default the recipe's first metric, or else the validation's loss.
        budget: Limits of costs, which hold beside the spec's own.
        trials: The number of trials; by default 20, or all points of a grid. Refused draws do not count, points of a
            grid do.
        grid: Whether every point of the axes is tried, in place of draws by TPE.
        seeds: Runs of each trial, with seeds from the recipe's on; figures are means.
        out: The folder; by default ``runs/<name>-search``.
        storage: The URL of a database, as Optuna takes it, in place of a journal in the folder.
        ray: The address of a cluster of Ray that trains, as `ray.init` takes it; ``local`` begins one on this machine.
        workers: The number of its workers, each at one trial; by default as many as it has room for.
        told: Is given each trial that has ended.
        warned: Is given what `review` finds in the spec, if anything, before the first trial.
        values: `device`, and `epochs` or `steps`, `seed`, `batch_size` and the data's `folder` in
            place of the recipe's.

    Raises:
        NetspecError: The spec, its recipe or an axis is wrong. NS0806: the folder holds another search. NS0904: Optuna,
            or Ray, is not installed. Errors of data, of the disk, and of the cluster. The error of the first three
            trainings, where they failed alike.
    """
    require("optuna", what="a search", extra="search")
    if ray is not None:
        require("ray", what="a search on a cluster", extra="ray")
    elif workers is not None:
        raise NetspecError.of(Code.BAD_SETTING, "workers are those of a cluster of Ray", help="`--ray local`, say")
    recipe = recipe_of(spec, **{name: value for name, value in values.items() if name in GIVEN})
    if storage is not None and "://" not in storage:
        such = "a URL such as `sqlite:///trials.db` or `postgresql://host/trials`"
        raise NetspecError.of(Code.BAD_SETTING, f"`--storage {storage}` is no database", expected=such)
    if not 1 <= seeds <= MOST_SEEDS:
        raise NetspecError.of(
            Code.BAD_SETTING, f"{seeds:,} runs of each trial are asked for", expected=f"1 to {MOST_SEEDS:,} seeds"
        )
    check_given(recipe, axes, seeds, values)
    goals = tuple(goals) or (_headline(recipe),)
    check(spec, recipe, axes, goals, budget or {})
    points = list(grid_of(axes)) if grid else None
    wanted = trials or (len(points) if points is not None else _DRAWS)
    folder = out or Path("runs") / (re.sub(r"[^\w.-]+", "_", spec.name) + "-search")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise refused(folder, "it is no folder", "name another") from None
    except OSError as error:
        raise refused(folder, error) from None
    from netspec.search.study import Study

    study = Study(
        spec.name,
        folder,
        storage,
        axes=axes,
        directions=[goal.direction for goal in goals],
        setup=_setup(spec, recipe, axes, goals, budget or {}, grid=grid, seeds=seeds),
        grid=points,
        seed=recipe.seed,
        patience=max(recipe.epochs // _WARM, 1) if recipe.epochs else 1,
    )
    judge = Judge(spec, goals, budget or {}, seeds, folder, values)
    hopeless = _hopeless if len(goals) == 1 and seeds == 1 else None
    ended: Callable[..., Iterator[Ended]] = here
    failures = Failures(any(kept["state"] in ("trained", "stopped") for *_, kept in study.finished()))
    signal = None
    if findings := warnings_of(spec, recipe):
        warned(findings)
    if ray is not None and not all(goal.is_cost for goal in goals):
        from netspec.search.on_ray import on_ray

        ended = partial(on_ray, ray, workers, study)
    for trial, point, outcome in ended(judge, partial(_asked, study, wanted), hopeless):
        if outcome.state != "interrupted":
            study.finish(trial, outcome.state, outcome.figures, outcome.told)
            told(Trial(trial.number, point, outcome), goals)
            failures.note(outcome)
        if (signal := outcome.signal) is not None:
            break
    found = _marked([_trial(*each) for each in study.finished()], goals)
    left = max(wanted - sum(grid or each.outcome.state != "refused" for each in found), 0)
    elsewhere = study.elsewhere()
    vain = study.refused_last() >= _VAIN
    used_up = study.used_up() if left and signal is None else None
    return Search(spec.name, folder, tuple(axes), goals, tuple(found), wanted, left, elsewhere, vain, used_up, signal)


def _asked(study: Study, wanted: int) -> Begun | None:
    """The next trial of a search, and its point; None where it has all that it is to have, has drawn in vain, or has
    tried every point.
    """
    return study.ask() if study.counted() < wanted and study.refused_last() < _VAIN else None


def _hopeless(trial: Any, epoch: int, figure: float) -> bool:
    trial.report(figure, epoch)
    return bool(trial.should_prune())


def _headline(recipe: Recipe) -> Goal:
    """The recipe's first metric, or else the validation's loss, by which a run's best epoch is chosen too.

    Of several losses it is their sum: a metric may be one of several outputs.
    """
    for metric in recipe.metrics if recipe.only_loss else ():
        return Goal(metric.figure, "maximize" if metric.higher else "minimize")
    return Goal("loss", "minimize")


def _setup(
    spec: Spec,
    recipe: Recipe,
    axes: Sequence[Axis],
    goals: Sequence[Goal],
    budget: Mapping[str, str],
    *,
    grid: bool,
    seeds: int,
) -> dict[str, Any]:
    """What is searched, as plain data, by which a folder's search is known as the same."""
    return {
        "spec": spec.digest,
        "recipe": recipe.written(),
        "axes": [repr(axis) for axis in axes],
        "goals": [f"{goal.direction} {goal.figure}" for goal in goals],
        "budget": dict(budget),
        "grid": grid,
        "seeds": seeds,
    }


def _trial(number: int, point: Mapping[str, Any], figures: Sequence[float] | None, kept: Mapping[str, Any]) -> Trial:
    told = {name: value for name, value in kept.items() if name != "state"}
    return Trial(number, point, Outcome(kept["state"], figures, told))


def _marked(trials: Sequence[Trial], goals: Sequence[Goal]) -> list[Trial]:
    """Trials with those marked that no other one dominates: the best one, or the Pareto front of several goals."""
    signs = [-1 if goal.direction == "maximize" else 1 for goal in goals]

    def signed(trial: Trial) -> list[float]:
        return [sign * value for sign, value in zip(signs, trial.outcome.figures or (), strict=True)]

    whole = [signed(trial) for trial in trials if trial.outcome.figures is not None]

    def is_best(trial: Trial) -> bool:
        own = signed(trial) if trial.outcome.figures is not None else None
        return own is not None and not any(
            other != own and all(theirs <= ours for theirs, ours in zip(other, own, strict=True)) for other in whole
        )

    return [Trial(each.number, each.point, each.outcome, is_best(each)) for each in trials]
