"""Networks beside each other: a row each, as a table and as data."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from netspec.diagnostics import Diagnostic, as_dicts
from netspec.diagnostics.styled import Line, line
from netspec.objects.immutable import immutable
from netspec.report.figures import FIGURES, Figure, Subject, Value
from netspec.report.numbers import UNKNOWN
from netspec.report.table import Column, Page, grid, natural


@immutable
class Entrant:
    """A spec that is compared: as it was called, its network, or else why there is none."""

    spec: str
    subject: Subject | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """The network's name."""
        return self.subject.analysis.graph.name if self.subject else self.spec


def ordered(entrants: Sequence[Entrant], figure: str, *, descending: bool = False) -> list[Entrant]:
    """The networks by a figure, or by ``name``; what has none comes last, and equals stay as they were."""
    if figure == "name":
        return sorted(entrants, key=lambda each: each.name, reverse=descending)
    sizes = {id(each): FIGURES[figure].size(each.subject) if each.subject else None for each in entrants}
    sign = -1 if descending else 1
    return sorted(entrants, key=lambda each: (sizes[id(each)] is None, sign * (sizes[id(each)] or 0)))


def comparison_table(entrants: Sequence[Entrant], columns: Sequence[str], page: Page | None = None) -> Iterator[Line]:
    """The table and its conventions. Where it is too wide for the page, numbers are rounded; names are never cut."""
    page = page or Page()
    figures = [FIGURES[name] for name in columns]
    rows = [each for each in entrants if each.subject]
    cells = _cells(rows, figures)
    fitted = _columns(cells, figures)
    rounded = sum(column.width + 3 for column in fitted) + 1 > page.width
    if rounded:
        cells = _cells(rows, figures, rounded=True)
        fitted = _columns(cells, figures)
    yield from grid([""] * len(rows), cells, fitted, page)
    yield line()
    for figure in figures:
        for text in textwrap.wrap(figure.convention, page.width, initial_indent=" ", subsequent_indent="   "):
            yield line((text, "dim"))


def comparison_json(entrants: Sequence[Entrant], columns: Sequence[str]) -> str:
    """A record for each spec; of a broken one its ``diagnostics``."""
    return json.dumps([_record(each, columns) for each in entrants], indent=2) + "\n"


def comparison_csv(entrants: Sequence[Entrant], columns: Sequence[str]) -> str:
    """A row for each network, under the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", *columns])
    for each in entrants:
        if each.subject:
            values = [FIGURES[name].of(each.subject) for name in columns]
            writer.writerow([each.name, *map(_plain, values)])
    return text.getvalue()


def comparison_markdown(entrants: Sequence[Entrant], columns: Sequence[str]) -> str:
    """The table as READMEs show it."""
    figures = [FIGURES[name] for name in columns]
    rows = [each for each in entrants if each.subject]
    lines = [
        f"| Network | {' | '.join(figure.title for figure in figures)} |",
        f"| --- |{' ---: |' * len(figures)}",
        *(f"| `{name}` | {' | '.join(texts)} |" for name, *texts in _cells(rows, figures)),
        "",
        *(f"- {figure.convention}" for figure in figures),
    ]
    return "\n".join(lines) + "\n"


def _cells(rows: Sequence[Entrant], figures: Sequence[Figure], *, rounded: bool = False) -> list[list[str]]:
    names = [each.name for each in rows]
    cells = []
    for each in rows:
        assert each.subject is not None
        label = each.name if names.count(each.name) == 1 else each.spec  # two files may hold one network
        values = [figure.of(each.subject) for figure in figures]
        texts = [(f.rounded if rounded else f.text)(value) for f, value in zip(figures, values, strict=True)]
        cells.append([label, *texts])
    return cells


def _columns(cells: Sequence[Sequence[str]], figures: Sequence[Figure]) -> list[Column]:
    """The columns as wide as their texts."""
    return natural(["Network", *(figure.title for figure in figures)], cells)


def _record(each: Entrant, columns: Sequence[str]) -> dict[str, Any]:
    if each.subject is None:
        return {"spec": each.spec, "diagnostics": as_dicts(each.diagnostics)}
    subject = each.subject
    values = {name: FIGURES[name].of(subject) for name in columns}
    return {"spec": each.spec, "name": each.name, **{name: _data(value) for name, value in values.items()}}


def _data(value: Value) -> int | list[int] | str | None:
    """A figure in JSON: null where it is unknown."""
    return (list(value) or "global") if isinstance(value, tuple) else value


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value)) or "global"
    return UNKNOWN if value is None else str(value)
