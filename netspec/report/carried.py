"""Weights of one network that another can take, in summary or tensor by tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.differences import Difference
from netspec.interop.load_report import Outcome, State
from netspec.report.document import Items, Listing, Part, Row, Section, Verbatim, columns
from netspec.report.figures import compact
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


def carried(difference: Difference, *, tensors: bool = False) -> Iterator[Part]:
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
    more = f" and {len(texts) - _MODULES} more" if len(texts) > _MODULES else ""
    return ", ".join(texts[:_MODULES]) + more


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
