"""What became of each tensor when weights were loaded, as lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from netspec.diagnostics.styled import Line, line
from netspec.interop.load_report import LoadReport, State

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
"""Tensors loaded as they are that are listed one by one; of more, their number is told."""


def load_lines(report: LoadReport) -> Iterator[Line]:
    """The source, every tensor that something is to be said of, the number of the others, and a proposal for rules."""
    verdict = "" if report.complete else " (not all fit)"
    yield line(("Weights: ", "bold"), report.source, verdict)
    if report.names:
        yield line(f"  names read by the spec's rules for `{report.names}`")
    for note in report.notes:
        yield line(f"  {note}")
    plain = [each for each in report.of("loaded") if each.reason is None]
    told = [each for each in report.tensors if each.reason is not None]
    if len(plain) <= _PLAIN:
        told = list(report.tensors)
    width = max((len(each.tensor) for each in told), default=0)
    for each in told:
        yield line(
            "  ", (f"{each.state:10}", _STYLES[each.state]), f"  {each.tensor:{width}}", f"  {each.reason or ''}"
        )
    if len(plain) > _PLAIN:
        yield line("  ", (f"{'loaded':10}", _STYLES["loaded"]), f"  {len(plain):,} tensors as they are")
    if report.rules:
        yield line("  The shapes agree in order. If these are the same tensors, the spec can say so under `weights`:")
        for theirs, ours in islice(report.rules.items(), _PLAIN):
            yield line(f"    {theirs}: {ours}")
        if len(report.rules) > _PLAIN:
            yield line(f"    # and {len(report.rules) - _PLAIN:,} more")
