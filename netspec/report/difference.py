"""Differences of two networks: sentences, totals, and the weights that carry over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netspec.differences import Difference
from netspec.differences.changes import Change
from netspec.differences.groups import Group
from netspec.interop.load_report import Outcome, State
from netspec.report.change_sentences import sentence, sentences
from netspec.report.document import (
    Caption,
    Document,
    Gap,
    Items,
    Listing,
    Part,
    Row,
    Section,
    Table,
    Verbatim,
    columns,
)
from netspec.report.figures import FIGURES, OF_THE_GRAPH, Figure, Subject
from netspec.report.numbers import compact, listed
from netspec.report.records import picked, totals_record
from netspec.report.sheet import Sheet
from netspec.shape import product

_MODULES = 4
"""Modules that a summary lists before it says how many more there are."""

_SAYS: dict[State, str] = {
    "kept": "counters that start anew",
    "left out": "of {before} left out by a rule of the spec",
    "missing": "that {before} does not have",
    "mismatched": "of another shape",
    "unknown": "of {before} that have no place",
}

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
        yield from _carried(found, tensors)

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
        change = _percent((new - old) / old)
    return figure.text(old), figure.text(new), change


def _carried(difference: Difference, tensors: bool) -> Iterator[Part]:
    """Counts of the tensors that load, and reasons why the others do not; `tensors` lists all of them."""
    report = difference.weights
    before, after = difference.before.graph, difference.after.graph
    yield Section(f"Weights of {before.name} in {after.name}")
    if tensors:
        yield Items(report.notes)
        rows = [Row((each.state, Verbatim(each.tensor), each.reason or "")) for each in report.tensors]
        yield Listing(columns(("State", "Tensor", "Reason")), rows)
        return
    loaded = {each.name for each in report.of("loaded", "tied")}
    sizes = {name: product(weight.shape) for name, weight in after.state_dict.items()}
    taken = sum(size for name, size in sizes.items() if name in loaded)
    scalars = f"{compact(taken)} of {compact(sum(sizes.values()))} scalars"
    told = [*report.notes, f"{len(loaded):,} of {len(sizes):,} tensors load: {scalars}"]
    for state, says in _SAYS.items():
        found = list(report.of(state))
        if found:
            such = f", such as {found[0].tensor}, which {found[0].reason}" if state == "mismatched" else ""
            told.append(f"{len(found):,} {says.format(before=before.name)}: {_modules(found)}{such}")
    if report.rules:
        theirs, ours = next(iter(report.rules.items()))
        rules = f"{len(report.rules):,} rules" if len(report.rules) > 1 else "a rule"
        told.append(
            f"The shapes agree in order: {rules} such as `{theirs}: {ours}` under `weights` can say that they are one."
        )
    yield Items(told)


def _modules(outcomes: Sequence[Outcome]) -> str:
    """The modules of these tensors, with ranges for neighbours: ``layer3.6 to layer3.22``."""
    names = list(dict.fromkeys(_module(each.tensor) for each in outcomes))
    prefixes = _common(names)
    ranges: list[list[str]] = []
    for name in prefixes:
        if ranges and _next(ranges[-1][-1], name):
            ranges[-1].append(name)
        else:
            ranges.append([name])
    texts = [each[0] if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in ranges]
    return listed(texts, _MODULES)


def _common(names: Sequence[str]) -> list[str]:
    """Names cut behind their last number where several modules have one numbered parent."""
    cut = [_numbered(name) for name in names]
    return list(
        dict.fromkeys(parent if cut.count(parent) > 1 else name for name, parent in zip(names, cut, strict=True))
    )


def _numbered(name: str) -> str:
    """``layer3.6.conv1`` as ``layer3.6``: up to the last component that is a number."""
    parts = name.split(".")
    at = next((index for index in range(len(parts) - 2, -1, -1) if parts[index].isdecimal()), None)
    return name if at is None else ".".join(parts[: at + 1])


def _next(name: str, following: str) -> bool:
    (parent, _, number), (other, _, next_) = name.rpartition("."), following.rpartition(".")
    return parent == other and number.isdecimal() and next_.isdecimal() and int(next_) == int(number) + 1


def _module(name: str) -> str:
    return name.rpartition(".")[0] or name


def _percent(share: float) -> str:
    """``+4.1 %``; of a share below a tenth of a percent, the first digit."""
    return f"{100 * share:+.1f} %" if abs(share) >= 0.0005 else f"{100 * share:+.1g} %"


def _record(difference: Difference) -> dict[str, Any]:
    """Differing params, results, inputs and outputs, groups of changes, totals, every tensor."""
    return {
        "before": {"name": difference.before.graph.name, "totals": totals_record(difference.before)},
        "after": {"name": difference.after.graph.name, "totals": totals_record(difference.after)},
        "same": difference.is_same,
        "params": _pairs(difference.params),
        "results": _pairs({f"{data} {name}": pair for (data, name), pair in difference.results.items()}),
        "inputs": _pairs(difference.inputs),
        "outputs": _pairs(difference.outputs),
        "detector": _pairs(difference.detector),
        "changes": [_group(each) for each in difference.groups],
        "weights": difference.weights.as_dict(),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "text": sentence(group),
        **picked(group, "label", "block"),
        "counts": _pairs(group.counts),
        **picked(group, "params", "macs"),
        "members": [_change(each) for each in group.members],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "before": change.before.path if change.before else None,
        "after": change.after.path if change.after else None,
        "options": _pairs(change.options),
        **picked(change, "params", "macs"),
    }


def _pairs(pairs: Any) -> dict[str, Any]:
    return {name: {"before": pair[0], "after": pair[1]} for name, pair in pairs.items()}
