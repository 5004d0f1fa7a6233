"""Comparison of networks: a row for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from netspec.diagnostics import Diagnostic, as_dicts
from netspec.frontend.schema import ResultForm
from netspec.objects.immutable import immutable
from netspec.report.document import Document, Notes, Part, Row, Table, Verbatim, columns
from netspec.report.figures import FIGURES, Figure, Subject, Value
from netspec.report.sheet import Sheet


@immutable
class Entrant:
    """A compared spec: its name as given, its network or the reason why there is none, and its published results."""

    spec: str
    subject: Subject | None
    diagnostics: tuple[Diagnostic, ...] = ()
    results: Mapping[str, ResultForm] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The network's name."""
        return self.subject.analysis.graph.name if self.subject else self.spec


def ordered(entrants: Sequence[Entrant], figure: str, *, descending: bool = False) -> list[Entrant]:
    """The networks by a figure, or by ``name``; those without the figure come last, and equals keep their order."""
    if figure == "name":
        return sorted(entrants, key=lambda each: each.name, reverse=descending)
    sizes = {id(each): FIGURES[figure].size(each.subject) if each.subject else None for each in entrants}
    sign = -1 if descending else 1
    return sorted(entrants, key=lambda each: (sizes[id(each)] is None, sign * (sizes[id(each)] or 0)))


def comparison(entrants: Sequence[Entrant], names: Sequence[str]) -> Document:
    """A row for each network, and the columns' conventions. The errors of a spec take the place of its row."""
    figures = [FIGURES[name] for name in names]
    rows = [(label(each, entrants), each.subject) for each in entrants if each.subject]

    def parts() -> Iterator[Part]:
        if rows:
            titles = columns(["Network"], [figure.title for figure in figures])
            shown, rounded = ([_row(*row, figures, rounded=each) for row in rows] for each in (False, True))
            yield Table(titles, shown, rounded=rounded, spare=len(figures) - 1)
            yield Notes([figure.convention for figure in figures])

    def values() -> Iterator[list[Any]]:
        for each in entrants:
            if each.subject:
                yield [each.name, *(_data(figure.of(each.subject)) for figure in figures)]

    return Document(
        title="",
        parts=parts,
        data=lambda: [_record(each, names) for each in entrants],
        sheet=lambda: Sheet(["name", *names], values()),
        errors=lambda: [diagnostic for each in entrants for diagnostic in each.diagnostics],
    )


def label(entrant: Entrant, entrants: Sequence[Entrant]) -> str:
    """The network's name, or the spec's where two files hold one network."""
    names = [each.name for each in entrants if each.subject]
    return entrant.name if names.count(entrant.name) == 1 else entrant.spec


def _row(label: str, subject: Subject, figures: Sequence[Figure], *, rounded: bool) -> Row:
    return Row([Verbatim(label), *((each.rounded if rounded else each.text)(each.of(subject)) for each in figures)])


def _record(each: Entrant, names: Sequence[str]) -> dict[str, Any]:
    if each.subject is None:
        return {"spec": each.spec, "diagnostics": as_dicts(each.diagnostics)}
    subject = each.subject
    values = {name: FIGURES[name].of(subject) for name in names}
    return {"spec": each.spec, "name": each.name, **{name: _data(value) for name, value in values.items()}}


def _data(value: Value) -> int | list[int] | str | None:
    """A figure in JSON: null where it is unknown."""
    return (list(value) or "global") if isinstance(value, tuple) else value
