"""A comparison with a reference, and remarks on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from netspec.interop.result import Check, Status, Verification
from netspec.report.document import Caption, Column, Document, Listing, Paragraph, Part, Row, Table, columns
from netspec.report.loading import proposal
from netspec.report.numbers import count
from netspec.report.sheet import Sheet

_STYLES: dict[Status, str] = {"equal": "green", "close": "green", "different": "bold red", "unknown": "yellow"}
_COLUMNS = [*columns(("Compared", "Spec", "Reference"), ["Difference"]), Column("Result")]
_SHEET = ("name", "status", "ours", "theirs", "absolute", "relative", "where", "remark")
_SHOWN = 10
"""Tensors, settings and rules that are listed; JSON has them all."""


def verification(found: Verification) -> Document:
    """The table, and the differences below it."""

    def parts() -> Iterator[Part]:
        yield Caption(found.name, "Model", f"  against  {found.against}")
        yield Table(_COLUMNS, [Row(_cells(check), _STYLES[check.status]) for check in found.checks])
        yield Paragraph(_verdict(found), "bold green" if found.agrees else "bold red")
        for text in (*_remarks(found), *_parting(found)):
            yield Paragraph(text)
        if found.tensors:
            yield Listing(columns(("", "Tensor")), list(_tensors(found)))
            if len(found.tensors) > _SHOWN:
                yield Paragraph(f"and {len(found.tensors) - _SHOWN:,} more: --format json lists them all")
        if found.rules:
            place = found.against if ":" in found.against and ".py:" not in found.against else "reference"
            yield from proposal(found.rules, _SHOWN, f"weights:\n  names:\n    {place}:\n")

    return Document(
        title=found.name,
        parts=parts,
        data=found.as_dict,
        sheet=lambda: Sheet.of(found.as_dict()["checks"], _SHEET, _SHEET),
        failed=not found.agrees,
    )


def _cells(check: Check) -> tuple[str, ...]:
    """Name, ours, the reference's, the largest difference, and the outcome."""
    apart = "" if check.relative is None else "0" if not check.absolute else f"{check.relative:.1e}"
    result = "bit-equal" if check.status == "equal" and check.relative is not None else check.status
    return check.name, _figure(check.ours), _figure(check.theirs), apart, result


def _figure(figure: int | str | None) -> str:
    if isinstance(figure, int):
        return count(figure)
    return figure if figure and len(figure) <= 16 else ""


def _verdict(found: Verification) -> str:
    apart = [check for check in found.checks if check.status == "different"]
    if apart:
        first = apart[0]
        named = f": {first.name}, first in `{first.where}`" if first.where else f": {first.name}"
        others = f" ({len(apart)} checks in all)" if len(apart) > 1 else ""
        return f"They differ{named}{others}."
    if found.unproven:
        return f"The {' and '.join(found.unproven)} could not be compared."
    within = f" within {found.tolerance:g}" if any(check.status == "close" for check in found.checks) else ""
    unknown = ", ".join(check.name for check in found.checks if check.status == "unknown")
    if unknown:
        return f"They agree{within} as far as they could be compared, which leaves out: {unknown}."
    return f"They agree{within}." if within else "They agree, bit for bit."


def _remarks(found: Verification) -> Iterator[str]:
    differing = any(check.status == "different" for check in found.checks)
    for check in found.checks:
        if check.name == "operations" and differing:  # they can only repeat it
            continue
        where = f" in `{check.where}`" if check.where else ""
        if check.relative:
            yield (
                f"{check.name}: the largest difference of two elements is {check.absolute:.1e}; "
                f"{'first beyond the tolerance' if check.status == 'different' else 'the most'}{where}"
            )
        elif check.remark:
            yield f"{check.name}: {check.remark}{where if check.name in ('tensors', 'settings') else ''}"
    if found.names:
        yield f"the reference's names are read by the spec's rules for `{found.names}`"
    for path, (ours, theirs) in islice(found.settings.items(), _SHOWN):
        yield f"`{path}` is {ours} here and {theirs} in the reference"


def _parting(found: Verification) -> Iterator[str]:
    parting = found.parting
    if parting is None:
        return
    place = f" ({parting.span})" if parting.span else ""
    if parting.fed_alike:
        if parting.ours == parting.theirs:
            why = f"both are {parting.ours}: its kernels round in another order, or it does more than its settings tell"
        else:
            why = f"it is {parting.ours} here and {parting.theirs} in the reference"
        yield f"they first differ in `{parting.module}`{place}, which is fed alike: {why}"
    else:
        after = f"after `{parting.after}` and " if parting.after else ""
        here = f"{after}before `{parting.module}`{place}"
        yield f"they first differ {here}: what stands between, without tensors, differs"


def _tensors(found: Verification) -> Iterator[Row]:
    for each in found.tensors[:_SHOWN]:
        if each.ours is None:
            yield Row(("-", f"{each.theirs} {list(each.their_shape or ())} is not in the spec"), "red")
        elif each.theirs is None:
            yield Row(("+", f"{each.ours} {list(each.our_shape or ())} is not in the reference"), "green")
        else:
            apart = f"{list(each.our_shape or ())} here, {list(each.their_shape or ())} in the reference"
            yield Row(("~", f"{each.ours}: {apart}"), "yellow")
