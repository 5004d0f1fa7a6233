"""Runs beside each other: their results, and the differences of their recipes. Imports no torch."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, Diagnostic
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.training.keeping.runs import RunRecord, differences
from netspec.training.showing.figures import headline, shown, title

Drawn = tuple[list[str], dict[str, str]]
"""The pictures of a run that were drawn, and the others with the reason."""

_YIELDS = ((6, 8), (0, 12))
"""A device's name is shortened first, then a run's."""

_SHEET = ("run", "state", "epochs_done", "epochs_planned", "problem", "seconds", "device")


def run_list(found: Sequence[RunRecord], drawn: Mapping[Path, Drawn]) -> doc.Document:
    """Runs beside each other.

    Args:
        found: The runs, in their order.
        drawn: The pictures drawn of each; empty where none were to be.
    """
    whole = [run for run in found if not run.problem]
    names = names_of(whole)

    def parts() -> Iterator[doc.Part]:
        if not found:
            yield doc.Paragraph("there are no runs")
        yield from _tables(whole, names)
        yield from differing([(names[run.folder], run) for run in whole])
        yield drawn_items(drawn)

    def data() -> list[dict[str, Any]]:
        return [_record(run, drawn.get(run.folder)) for run in found]

    def sheet() -> Sheet:
        figures = dict.fromkeys(name for run in found for name in run.validated())
        figures |= dict.fromkeys(name for run in found for name in run.metrics if name.startswith("test_"))
        columns = (*_SHEET, *figures)
        return Sheet.of(data(), columns, columns)

    return doc.Document("Runs", parts, data, sheet, lambda: list(problems(found, drawn)))


def names_of(runs: Sequence[RunRecord]) -> dict[Path, str]:
    """The name of each run's folder; its path where another bears the same name."""
    alike = Counter(run.folder.name for run in runs)
    return {
        run.folder: run.folder.name if run.folder.name and alike[run.folder.name] == 1 else str(run.folder)
        for run in runs
    }


def problems(found: Sequence[RunRecord], drawn: Mapping[Path, Drawn]) -> Iterator[Diagnostic]:
    """Runs that cannot be read, and pictures that could not be drawn."""
    for run in found:
        if run.problem:
            yield Diagnostic(Code.FILE_UNREADABLE, f"{run.folder} is no whole run: {run.problem}")
    for place, (_, reasons) in drawn.items():
        for name, reason in reasons.items():
            yield Diagnostic(Code.FILE_UNWRITABLE, f"{place}: {name} could not be drawn: {reason}")


def drawn_items(drawn: Mapping[Path, Drawn]) -> doc.Part:
    """A line for each run whose pictures were drawn."""
    return doc.Items([_drew(place, names) for place, (names, _) in drawn.items()])


def _drew(place: Path, names: Sequence[str]) -> str:
    return f"{place}: {f'drew {chr(32).join(names)}' if names else 'there is nothing to draw'}"


def _tables(found: Sequence[RunRecord], names: Mapping[Path, str]) -> Iterator[doc.Part]:
    """A table for the runs of each headline: accuracies are not compared with errors."""
    alike: dict[str | None, list[RunRecord]] = {}
    for run in found:
        alike.setdefault(headline(run.metrics), []).append(run)
    for index, (figure, runs) in enumerate(alike.items()):
        if index:
            yield doc.Gap()
        if figure:
            yield doc.Section(title(figure))
        titles = ("Run", "State", "Epochs", "Validation", "Test", "Time", "Device")
        columns = [doc.Column(each, numeric=at in (2, 3, 4, 5)) for at, each in enumerate(titles)]
        yield doc.Table(columns, [row for run in runs for row in _rows(run, names[run.folder], figure)], _YIELDS)


def differing(named: Sequence[tuple[str, RunRecord]], leave_out: str = "") -> Iterator[doc.Part]:
    """The own values of each run where recipes differ, but for one key."""
    apart = {key: each for key, each in differences([run for _, run in named]).items() if key != leave_out}
    if apart:
        yield doc.Gap()
        yield doc.Section("recipes differ in")
        entries = [(name, _values(index, apart)) for index, (name, run) in enumerate(named) if run.recipe]
        yield doc.Definitions([doc.Entry(*entry) for entry in entries])


def _values(index: int, apart: Mapping[str, Sequence[Any]]) -> str:
    values = {key: each[index] for key, each in apart.items()}
    return "  ".join(f"{key}={_value(value)}" for key, value in values.items() if value is not None)


def _rows(run: RunRecord, name: str, figure: str | None) -> Iterator[doc.Row]:
    """The figures of the final weights; below them those of the best epoch, where that is another."""
    seconds = run.seconds
    time = "-" if seconds is None else duration(seconds)
    epochs = epochs_of(run)
    final = _figures(run.figure, figure)
    yield doc.Row((name, run.state, epochs, *final, time, short_device(str(run.metrics.get("device", "-")))))
    if figure and run.best_epoch and run.best_epoch != run.done:
        yield doc.Row(("best epoch", "", str(run.best_epoch), *_figures(run.best, figure), "", ""), level=1)


def epochs_of(run: RunRecord) -> str:
    """The epochs done, of those planned."""
    return f"{run.done}/{run.planned}" if run.planned else str(run.done)


def _figures(told: Callable[[str], float | None], figure: str | None) -> list[str]:
    """A figure on the held-out images and on those of the test."""
    return [shown(figure, told(f"{part}_{figure}")) if figure else "-" for part in ("validation", "test")]


def short_device(described: str) -> str:
    """A device without details that do not matter beside others: its threads, and that a GPU is one of CUDA."""
    return re.sub(r", \d+ threads?$", "", described).replace("cuda, ", "")


def duration(seconds: float) -> str:
    """A duration as people say it: 9.3 s, 4:05, 1:02:30."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _value(value: Any) -> str:
    return json.dumps(value) if not isinstance(value, str) else value


def _record(run: RunRecord, drawn: Drawn | None) -> dict[str, Any]:
    """A run as data: all of its metrics but the single epochs."""
    held = {key: value for key, value in run.metrics.items() if key not in ("epochs", "state")}
    own = {"run": str(run.folder), "state": run.state, "epochs_done": run.done, "epochs_planned": run.planned}
    own |= {name: run.figure(name) for name in run.validated()}
    if run.best_epoch:
        held["best"] = {**held["best"], **{name: run.best(name) for name in run.validated()}}
    pictures = {} if drawn is None else {"drawn": drawn[0], "undrawn": drawn[1]}
    return {**own, "problem": run.problem, **held, **pictures}
