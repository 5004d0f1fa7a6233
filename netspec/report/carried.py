"""Which weights of one network another can take, summarised or tensor by tensor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from netspec.diagnostics.styled import Line, line
from netspec.differences import Difference
from netspec.interop.load_report import Outcome, State
from netspec.report.figures import compact
from netspec.report.table import Page
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


def carried_lines(difference: Difference, page: Page, *, tensors: bool = False) -> Iterator[Line]:
    """How many tensors load, and why the others do not; `tensors` lists all of them."""
    report = difference.weights
    before, after = difference.before.graph, difference.after.graph
    yield line((f"Weights of {before.name} in {after.name}", "bold"))
    for note in report.notes:
        yield line(f"  {note}")
    if tensors:
        width = max((len(each.tensor) for each in report.tensors), default=0)
        for each in report.tensors:
            yield line(f"  {each.state:10}  {each.tensor:{width}}  {each.reason or ''}")
        return
    loaded = {each.name for each in report.of("loaded", "tied")}
    sizes = {name: product(weight.shape) for name, weight in after.state_dict.items()}
    taken = sum(size for name, size in sizes.items() if name in loaded)
    yield line(
        f"  {len(loaded):,} of {len(sizes):,} tensors load: {compact(taken)} of {compact(sum(sizes.values()))} scalars"
    )
    for state, says in _SAYS.items():
        found = list(report.of(state))
        if found:
            yield from _wrapped(f"{len(found):,} {says.format(before=before.name)}: {_modules(found)}", page)
        if found and state == "mismatched":
            yield from _wrapped(f"such as {found[0].tensor}, which {found[0].reason}", page, "    ")
    if report.rules:
        theirs, ours = next(iter(report.rules.items()))
        rules = f"{len(report.rules):,} rules" if len(report.rules) > 1 else "a rule"
        yield from _wrapped(
            f"The shapes agree in order: {rules} such as `{theirs}: {ours}` under `weights` can say that they are one.",
            page,
        )


def _wrapped(text: str, page: Page, indent: str = "  ") -> Iterator[Line]:
    for row in textwrap.wrap(text, page.width, initial_indent=indent, subsequent_indent=f"{indent}  "):
        yield line(row)


def _modules(outcomes: Sequence[Outcome]) -> str:
    """The modules whose tensors these are, with ranges for neighbours: ``layer3.6 to layer3.22``."""
    names = list(dict.fromkeys(_module(each.tensor) for each in outcomes))
    prefixes = _common(names)
    ranges: list[list[str]] = []
    for name in prefixes:
        if ranges and _next(ranges[-1][-1], name):
            ranges[-1].append(name)
        else:
            ranges.append([name])
    texts = [each[0] if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in ranges]
    more = f" and {len(texts) - _MODULES} more" if len(texts) > _MODULES else ""
    return ", ".join(texts[:_MODULES]) + more


def _common(names: Sequence[str]) -> list[str]:
    """Names cut behind their last number where several modules are of one numbered parent."""
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
