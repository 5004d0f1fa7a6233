"""Outcomes of tensors when weights were loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from netspec.interop.load_report import LoadReport, State
from netspec.report import document as doc
from netspec.report.sheet import Sheet

_STYLES: dict[State, str] = {
    "loaded": "green",
    "tied": "green",
    "kept": "",
    "fresh": "cyan",
    "left out": "",
    "missing": "yellow",
    "unknown": "yellow",
    "mismatched": "bold red",
}
_PLAIN = 5
"""The most unchanged tensors that are listed one by one; for more, only their number is given."""


def loading(report: LoadReport) -> doc.Document:
    """The source, every tensor that needs a remark, the number of the others, and a proposal for rules."""

    def parts() -> Iterator[doc.Part]:
        yield doc.Caption(f"Weights: {report.source}", remark="" if report.complete else " (not all fit)")
        names = [f"names read by the spec's rules for `{report.names}`"] if report.names else []
        yield doc.Items([*names, *report.notes])
        plain = [each for each in report.of("loaded") if each.reason is None]
        many = len(plain) > _PLAIN
        told = [each for each in report.tensors if not many or each.reason is not None]
        rows = [
            doc.Row((each.state, doc.Verbatim(each.tensor), each.reason or ""), _STYLES[each.state]) for each in told
        ]
        if rows:
            yield doc.Listing(doc.columns(("State", "Tensor", "Reason")), rows)
        if many:
            yield doc.Items([f"{len(plain):,} tensors loaded as they are"])
        if report.rules:
            yield from proposal(report.rules, _PLAIN)

    records = ({"tensor": each.tensor, "state": each.state, "reason": each.reason or ""} for each in report.tensors)
    return doc.Document("Weights", parts, report.as_dict, lambda: Sheet.of(records, ("tensor", "state", "reason")))


def proposal(rules: Mapping[str, str], most: int, above: str = "") -> Iterator[doc.Part]:
    """Rules under which the tensors would be the same, at most `most` of them, below the keys that hold them."""
    indent = " " * (6 if above else 0)
    shown = [f"{indent}{theirs}: {ours}" for theirs, ours in islice(rules.items(), most)]
    more = [f"{indent}# and {len(rules) - most:,} more"] if len(rules) > most else []
    yield doc.Paragraph(
        "The shapes agree in order. If these are the same tensors, the spec can say so under `weights`:"
    )
    yield doc.Source(above + "\n".join([*shown, *more]), "yaml")
