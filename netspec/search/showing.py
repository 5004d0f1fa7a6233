"""A search for its readers: a line for each trial, the table of the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from netspec.diagnostics.styled import printable
from netspec.report.document import Caption, Document, Notes, Paragraph, Part, Row, Table, columns
from netspec.report.numbers import compact, compact_bytes, listed, yaml_text
from netspec.report.sheet import Sheet
from netspec.search.driver import Search, Trial
from netspec.search.trial import Goal
from netspec.training.showing.figures import shown, title

_SHOWN = 10
"""The most trials of the table; JSON and CSV have them all."""


def line(trial: Trial, goals: Sequence[Goal]) -> str:
    """A trial that has just ended, in a line, with the names of its figures."""
    point = ", ".join(f"{name}={value_text(value)}" for name, value in trial.point.items())
    found = trial.outcome
    point = printable(point)
    if found.figures is None:
        reason = f": {found.told['reason']}" if "reason" in found.told else ""
        return f"trial {trial.number}  {point}  {found.state}{printable(reason)}"
    figures = [f"{goal_title(goal)} {_figure(goal, each)}" for goal, each in zip(goals, found.figures, strict=True)]
    return f"trial {trial.number}  {point}  {'  '.join(figures)}"


def searched(found: Search) -> Document:
    """The best trials, how many were refused and why, and what to do next."""

    def parts() -> Iterator[Part]:
        best = ranked(found)
        yield Caption(found.name, "Search", f"  {_counted(found)}")
        if best:
            names = [axis.name for axis in found.axes]
            figures = [goal_title(goal) for goal in found.goals]
            costs = [name for name in ("params", "macs") if name not in {goal.figure for goal in found.goals}]
            rows = [Row(_cells(each, found, costs), mark=each.best and len(found.goals) > 1) for each in leaders(found)]
            titles = ["Trial", *names, *figures, *(_TITLES[name] for name in costs)]
            yield Table(columns([], titles), rows, spare=len(costs))
        else:
            yield Paragraph(_without_any(found), "bold")
        yield Notes(list(_notes(found, best)))

    return Document(found.name, parts, lambda: _record(found), lambda: _sheet(found))


def ranked(found: Search) -> list[Trial]:
    """The trials with figures: those that none is better than first, then by the first goal."""
    sign = -1 if found.goals[0].direction == "maximize" else 1
    whole = [trial for trial in found.trials if trial.outcome.figures]
    return sorted(whole, key=lambda trial: (not trial.best, sign * _first(trial), trial.number))


def leaders(found: Search) -> list[Trial]:
    """The first of them, which the table shows."""
    return ranked(found)[:_SHOWN]


def value_text(value: Any) -> str:
    """A value of an axis, of a float four digits."""
    return f"{value:.4g}" if isinstance(value, float) else yaml_text(value)


def _first(trial: Trial) -> float:
    assert trial.outcome.figures is not None
    return trial.outcome.figures[0]


_TITLES = {"params": "Params", "macs": "MACs", "memory": "Memory", "depth": "Depth"}


def goal_title(goal: Goal) -> str:
    """The name of its figure, as tables and pictures have it."""
    return _TITLES.get(goal.figure) or title(goal.figure)


def _cost(name: str, value: float | None) -> str:
    whole = None if value is None else round(value)
    return compact_bytes(whole) if name == "memory" else compact(whole)


def _figure(goal: Goal, value: float) -> str:
    return _cost(goal.figure, value) if goal.is_cost else shown(goal.figure, value)


def _cells(trial: Trial, found: Search, costs: Sequence[str]) -> list[str]:
    figures = trial.outcome.figures or ()
    deviations = trial.outcome.told.get("deviations") or [None] * len(figures)
    cells = [str(trial.number), *(value_text(trial.point[axis.name]) for axis in found.axes)]
    for goal, figure, deviation in zip(found.goals, figures, deviations, strict=True):
        spread = deviation is not None and not goal.is_cost
        cells.append(_figure(goal, figure) + (f" +- {shown(goal.figure, deviation)}" if spread else ""))
    return [*cells, *(_cost(name, trial.outcome.told.get(name)) for name in costs)]


def _without_any(found: Search) -> str:
    """What is told in place of the table."""
    if found.signal is not None:
        return "The search was interrupted before it found a network."
    if found.elsewhere:
        return "No network was found so far."
    return "No network was found: every one was refused or failed."


def _counted(found: Search) -> str:
    states: Counter[str] = Counter(trial.outcome.state for trial in found.trials)
    words = _WORDS | ({"trained": "valid"} if all(goal.is_cost for goal in found.goals) else {})
    told = [f"{states[state]} {word}" for state, word in words.items() if states[state]]
    number = len(found.trials)
    return f"{number} trial{'' if number == 1 else 's'}" + (f": {', '.join(told)}" if told else "")


_WORDS = {
    "trained": "trained",
    "refused": "refused before torch saw them",
    "stopped": "stopped",
    "failed": "failed",
}


def _notes(found: Search, best: Sequence[Trial]) -> Iterator[str]:
    refused = Counter(trial.outcome.told.get("code", "") for trial in found.trials if trial.outcome.state == "refused")
    if len(best) > _SHOWN:
        yield f"The table shows the first {_SHOWN} of {len(best)}; `--format json` has all."
    if refused:
        yield "Refused: " + listed([f"{number} by {code}" for code, number in refused.most_common()], 5) + "."
    reasons = Counter(trial.outcome.told["reason"] for trial in found.trials if "reason" in trial.outcome.told)
    if reasons and not best:
        yield f"Most often: {reasons.most_common(1)[0][0]}."
    if len(found.goals) > 1 and best:
        yield "* no other trial is better in one figure and as good in all: the Pareto front."
    if best and any(not goal.is_cost for goal in found.goals):
        yield "Figures are those of the validation at the best epoch; the test images choose nothing."
    if found.used_up:
        yield (
            f"The search has ended with {found.left} of {found.wanted} trials left: "
            f"each of the {found.used_up:,} points of its axes is tried, and tried again would give the same."
        )
    elif found.vain:
        yield f"The search has ended with {found.left} of {found.wanted} trials left: draws were refused over and over."
        yield "Narrower axes, or wider limits, let it find networks that are allowed."
    elif left := max(found.left - found.elsewhere, 0):
        yield f"The same command goes on: {_trials_are(left)} left."
    if found.elsewhere:
        yield f"{_trials_are(found.elsewhere)} being trained by another process."
    if best and (runs := best[0].outcome.told.get("runs")):
        one = f"Of the front, the best by {goal_title(found.goals[0])}" if len(found.goals) > 1 else "The best"
        if len(runs) > 1:
            yield f"{one} is trial {best[0].number}, by the mean of its {len(runs)} runs, {runs[0]} and so on."
        else:
            yield f"{one} is the run {runs[0]}."
        yield f"`netspec runs {found.folder} --draw` draws the curves of the other runs too."


def _trials_are(number: int) -> str:
    return f"{number} trial is" if number == 1 else f"{number} trials are"


def _record(found: Search) -> dict[str, Any]:
    """Everything; figures of trials without any are null."""
    return {
        "name": found.name,
        "folder": str(found.folder),
        "goals": [{"figure": goal.figure, "direction": goal.direction} for goal in found.goals],
        "wanted": found.wanted,
        "left": found.left,
        "elsewhere": found.elsewhere,
        "best": [trial.number for trial in ranked(found) if trial.best],
        "trials": [
            {
                "number": trial.number,
                "state": trial.outcome.state,
                "point": dict(trial.point),
                "figures": None if trial.outcome.figures is None else list(trial.outcome.figures),
                "best": trial.best,
                **trial.outcome.told,
            }
            for trial in found.trials
        ],
    }


def _sheet(found: Search) -> Sheet:
    names = [axis.name for axis in found.axes]
    figures = [goal.figure for goal in found.goals]
    repeated = any("deviations" in trial.outcome.told for trial in found.trials)
    spread = [place for place, goal in enumerate(found.goals) if repeated and not goal.is_cost]
    rows = []
    for trial in found.trials:
        values: Sequence[Any] = trial.outcome.figures or [""] * len(figures)
        told = trial.outcome.told.get("deviations", [""] * len(figures))
        point = (trial.point[name] for name in names)
        rows.append(
            (trial.number, trial.outcome.state, *point, *values, *(told[place] for place in spread), trial.best)
        )
    deviations = [f"{figures[place]}_deviation" for place in spread]
    return Sheet(("trial", "state", *names, *figures, *deviations, "best"), rows)
