"""The pictures of a search: the Pareto front of several goals, and the curves of the best trials' runs."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from netspec.diagnostics import NetspecError
from netspec.files.run_folder import CURVES, check_members, is_run
from netspec.files.writing import within, write_within
from netspec.search.driver import Search
from netspec.search.showing import goal_title, leaders

FRONT = "front.png"
"""The picture of the front, in the search's folder."""


def draw(found: Search) -> list[str]:
    """Draw the front of several goals, and the best trials' runs that have no pictures; nothing without matplotlib.

    Returns:
        Remarks on pictures that could not be drawn: they are secondary.
    """
    if find_spec("matplotlib") is None:
        return []
    remarks = list(_front(found))
    if found.signal is None:
        for trial in leaders(found):
            if trial.best:
                remarks += _runs(found.folder, trial.number)
    return remarks


def _front(found: Search) -> Iterator[str]:
    from netspec.training.showing.figures import unit
    from netspec.training.showing.pictures.front import Aspect, Mark, front
    from netspec.training.showing.pictures.of_run import attempt

    marks = [Mark(each.number, each.outcome.figures, each.best) for each in found.trials if each.outcome.figures]
    if len(found.goals) < 2 or not marks:
        return
    aspects = [
        Aspect(goal_title(each), each.direction, "" if each.is_cost else unit(each.figure)) for each in found.goals
    ]
    if reason := attempt(lambda: write_within(found.folder, FRONT, front(marks, aspects, found.name))):
        yield f"{FRONT} could not be drawn ({reason})"


def _runs(folder: Path, number: int) -> Iterator[str]:
    """Draw the runs of a trial; their places are those of its number, whatever a journal says."""
    from netspec.training.keeping.metrics_file import read_metrics
    from netspec.training.showing.pictures.of_run import redraw

    name = f"trial-{number}"
    for run in (folder / name, *sorted(folder.glob(f"{name}-seed-*"))):
        try:
            if not is_run(within(folder, run.name, stat.S_IFDIR)) or (run / CURVES).exists():
                continue
            check_members(run)
            _, failed = redraw(run, read_metrics(run))
        except NetspecError as error:
            failed = {"what it keeps": error.diagnostics[0].message}
        yield from (f"{run}: {picture} could not be drawn ({reason})" for picture, reason in failed.items())
