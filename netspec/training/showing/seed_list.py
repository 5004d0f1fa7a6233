"""Runs beside each other, those that differ by the seed alone in one row: means and deviations. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.training.keeping.seed_groups import SeedGroup, Spread
from netspec.training.showing.figures import headline, shown, title
from netspec.training.showing.run_list import (
    Drawn,
    differing,
    drawn_items,
    duration,
    epochs_of,
    names_of,
    problems,
    short_device,
)

_SHEET = ("runs", "seeds", "state", "epochs_planned", "number", "seconds")
_NOTES = ("Deviations are those of a sample, over n - 1; of a single run there is none. (n) is the number of runs.",)


def seed_list(groups: Sequence[SeedGroup], drawn: Mapping[Path, Drawn]) -> doc.Document:
    """Runs beside each other, a row for each group.

    Args:
        groups: The groups, in their order.
        drawn: The pictures drawn of each run; empty where none were to be.
    """
    whole = [group for group in groups if not group.problem]
    runs = [run for group in groups for run in group.runs]
    folders = names_of([group.first for group in whole])
    names = [_name(group, folders[group.first.folder]) for group in whole]

    def parts() -> Iterator[doc.Part]:
        if not runs:
            yield doc.Paragraph("there are no runs")
        yield from _tables(dict(zip(names, whole, strict=True)))
        yield from differing([(name, group.first) for name, group in zip(names, whole, strict=True)], leave_out="seed")
        yield drawn_items(drawn)
        if whole:
            yield doc.Notes(_NOTES)

    def data() -> list[dict[str, Any]]:
        return [_record(group) for group in groups]

    return doc.Document("Runs", parts, data, lambda: _sheet(groups), lambda: list(problems(runs, drawn)))


def _tables(groups: Mapping[str, SeedGroup]) -> Iterator[doc.Part]:
    """A table for the groups of each headline."""
    alike: dict[str | None, dict[str, SeedGroup]] = {}
    for name, group in groups.items():
        alike.setdefault(headline(group.metrics), {})[name] = group
    for index, (figure, own) in enumerate(alike.items()):
        if index:
            yield doc.Gap()
        if figure:
            yield doc.Section(title(figure))
        columns = doc.columns(("Runs", "State"), ("Epochs", "Validation", "Test", "Time"))
        rows = [row for name, group in own.items() for row in _rows(name, group, figure)]
        yield doc.Table([*columns, doc.Column("Device")], rows, ((6, 8), (0, 12)))


def _rows(name: str, group: SeedGroup, figure: str | None) -> Iterator[doc.Row]:
    """The figures of the final weights; below them those of the best epochs, where one is not the last."""
    names = [f"{part}_{figure}" for part in ("validation", "test")] if figure else []
    final = [_text(figure, group.final(name)) for name in names] or ["-", "-"]
    time = "-" if group.seconds is None else duration(group.seconds)
    devices = {short_device(str(run.metrics.get("device", "-"))) for run in group.runs}
    device = devices.pop() if len(devices) == 1 else "several"
    epochs = list(dict.fromkeys(epochs_of(run) for run in group.runs))
    yield doc.Row((name, group.first.state, ", ".join(epochs), *final, time, device))
    bests = [run.best_epoch for run in group.runs]
    if all(bests) and any(run.best_epoch != run.done for run in group.runs):
        best = [_text(figure, group.best(name)) for name in names] or ["-", "-"]
        yield doc.Row(("best epoch", "", _range([each for each in bests if each]), *best, "", ""), level=1)


def _name(group: SeedGroup, first: str) -> str:
    """The first run, and how many more there are."""
    more = f" +{len(group.runs) - 1}" if len(group.runs) > 1 else ""
    return f"{first}{more}"


def _range(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if min(numbers) == max(numbers) else f"{min(numbers)}-{max(numbers)}"


def _text(figure: str | None, found: Spread | None) -> str:
    """``98.40% ± 0.20% (5)``; of one run the deviation is unknown."""
    if found is None or figure is None:
        return "-"
    deviation = "unknown" if found.deviation is None else shown(figure, found.deviation)
    return f"{shown(figure, found.mean)} ± {deviation} ({found.number})"


def _figures(group: SeedGroup) -> list[str]:
    return [*group.validated(), *(name for name in group.metrics if name.startswith("test_"))]


def _record(group: SeedGroup) -> dict[str, Any]:
    """A group as data: what its runs have in common, and each figure's mean, deviation and number of runs."""
    first = group.first
    names = _figures(group)
    return {
        "runs": [str(run.folder) for run in group.runs],
        "seeds": group.seeds,
        "state": first.state,
        "epochs_done": [run.done for run in group.runs],
        "epochs_planned": first.planned,
        "problem": group.problem,
        "name": group.metrics.get("name"),
        "seconds": group.seconds,
        "figures": {name: _data(group.final(name)) for name in names},
        "best": {name: _data(group.best(name)) for name in names},
        "recipe": {key: value for key, value in first.recipe.items() if key != "seed"},
    }


def _data(found: Spread | None) -> dict[str, Any] | None:
    return None if found is None else {"mean": found.mean, "deviation": found.deviation, "number": found.number}


def _sheet(groups: Sequence[SeedGroup]) -> Sheet:
    """A row for each group; each figure has a column for its mean and one for its deviation, empty of one run."""
    names = list(dict.fromkeys(name for group in groups for name in _figures(group)))
    rows: list[list[Any]] = []
    for group in groups:
        number = len(group.runs)
        seconds, planned = group.seconds, group.first.planned
        folders = [str(run.folder) for run in group.runs]
        row: list[Any] = [folders, " ".join(map(str, group.seeds)), group.first.state]
        row += ["" if planned is None else planned, number, "" if seconds is None else seconds]
        for name in names:
            found = group.final(name)
            row += ["", ""] if found is None else [found.mean, "" if found.deviation is None else found.deviation]
        rows.append(row)
    columns = [column for name in names for column in (name, f"{name}_deviation")]
    return Sheet((*_SHEET, *columns), rows)
