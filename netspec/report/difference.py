"""Differences of two networks: sentences, totals, and the weights that carry over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.differences import Difference
from netspec.differences.changes import Change
from netspec.differences.groups import Group
from netspec.report.carried import carried
from netspec.report.change_sentences import sentence, sentences
from netspec.report.document import Caption, Document, Gap, Items, Part, Row, Sheet, Table, columns
from netspec.report.figures import FIGURES, OF_THE_GRAPH, Figure, Subject
from netspec.report.records import totals_record

_SHEET = ("kind", "label", "block", "params", "macs", "text")


def difference(found: Difference, *, tensors: bool = False, every: bool = False, strict: bool = False) -> Document:
    """Structure, totals, weights.

    Args:
        found: The differences.
        tensors: Whether weights are listed one by one.
        every: Whether each change is told by itself.
        strict: Whether a difference is a failure.
    """

    def parts() -> Iterator[Part]:
        yield Caption(title)
        yield Gap()
        yield Items(list(sentences(found, every=every)))
        yield Gap()
        yield _totals(found)
        yield Gap()
        yield from carried(found, tensors=tensors)

    title = f"{found.before.graph.name} -> {found.after.graph.name}"
    return Document(
        title=title,
        parts=parts,
        data=lambda: _record(found),
        sheet=lambda: Sheet.of(_record(found)["changes"], _SHEET, blank=["block"]),
        failed=strict and not found.is_same,
    )


def _totals(difference: Difference) -> Table:
    before, after = Subject(difference.before), Subject(difference.after)
    names = [difference.before.graph.name, difference.after.graph.name, "Change"]
    rows = [
        Row([figure.title, *_totals_of(figure, before, after)]) for figure in map(FIGURES.__getitem__, OF_THE_GRAPH)
    ]
    return Table(columns([""], names), rows)


def _totals_of(figure: Figure, before: Subject, after: Subject) -> tuple[str, str, str]:
    old, new = figure.of(before), figure.of(after)
    change = ""
    if isinstance(old, int) and isinstance(new, int) and old and old != new:
        change = f"{100 * (new - old) / old:+.1f} %"
    return figure.text(old), figure.text(new), change


def _record(difference: Difference) -> dict[str, Any]:
    """Differing params, inputs and outputs, groups of changes, totals, every tensor."""
    return {
        "before": {"name": difference.before.graph.name, "totals": totals_record(difference.before)},
        "after": {"name": difference.after.graph.name, "totals": totals_record(difference.after)},
        "same": difference.is_same,
        "params": _pairs(difference.params),
        "inputs": _pairs(difference.inputs),
        "outputs": _pairs(difference.outputs),
        "changes": [_group(each) for each in difference.groups],
        "weights": difference.weights.as_dict(),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "text": sentence(group),
        "label": group.label,
        "block": group.block,
        "counts": _pairs(group.counts),
        "params": group.params,
        "macs": group.macs,
        "members": [_change(each) for each in group.members],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "before": change.before.path if change.before else None,
        "after": change.after.path if change.after else None,
        "options": _pairs(change.options),
        "params": change.params,
        "macs": change.macs,
    }


def _pairs(pairs: Any) -> dict[str, Any]:
    return {name: {"before": pair[0], "after": pair[1]} for name, pair in pairs.items()}
