"""The spec's `budget`: limits that its figures must keep."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from netspec.analysis import Analysis
from netspec.analysis.footprint import PLAIN_SGD, OptimizerState, read_bytes, step_memory
from netspec.analysis.reach import widest_field
from netspec.diagnostics import Code, Diagnostic, Span

_COUNTS: Mapping[str, Callable[[Analysis], int | tuple[int, ...] | None]] = {
    "params": lambda analysis: analysis.weights.total.params,
    "macs": lambda analysis: analysis.work.total,
    "depth": lambda analysis: analysis.depth.weight_layers,
    "receptive_field": lambda analysis: _reach(analysis),
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}
_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_LIMIT = re.compile(r"(<=|<|>=|>|==)? *(.+)")
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?) *([kKMGTP]?)")


def over_budget(
    analysis: Analysis,
    budget: Mapping[str, str | int],
    span: Callable[[tuple[str, str]], Span | None],
    optimizer: OptimizerState = PLAIN_SGD,
) -> list[Diagnostic]:
    """Limits that the network breaks, such as ``params: <= 26M``; a bare number is the most allowed.

    Args:
        analysis: The network's figures. One that is unknown keeps no limit.
        budget: Limits by figure; units of counts are powers of 1,000, those of bytes powers of 1,024.
        span: Gives the place of ``("budget", figure)`` in the spec.
        optimizer: What it remembers counts as memory.
    """

    def figure(name: str) -> tuple[tuple[int | None, ...], str]:
        if name == "memory":
            peak = step_memory(analysis.graph, optimizer)
            return (peak,), "unknown memory" if peak is None else f"{peak:,} bytes"
        found = _COUNTS[name](analysis)
        figures = found if isinstance(found, tuple) else (found,)
        sizes = figures if len(set(figures)) > 1 else figures[:1]
        return figures, "x".join("unknown" if each is None else f"{each:,}" for each in sizes) + f" {name}"

    found = (_broken(figure, name, str(limit), span(("budget", name))) for name, limit in budget.items())
    return [diagnostic for diagnostic in found if diagnostic]


def _broken(
    figure: Callable[[str], tuple[tuple[int | None, ...], str]], name: str, limit: str, span: Span | None
) -> Diagnostic | None:
    if name not in (*_COUNTS, "memory"):
        known = ", ".join((*_COUNTS, "memory"))
        return Diagnostic(Code.WRONG_TYPE, f"a budget of `{name}` cannot be checked", span, expected=f"one of {known}")
    match = _LIMIT.fullmatch(limit.strip())
    number = match and (read_bytes(match[2]) if name == "memory" else _number(match[2]))
    if match is None or number is None:
        such = "<= 2GB" if name == "memory" else "<= 26M"
        return Diagnostic(Code.WRONG_TYPE, f"`{limit}` is no limit", span, expected=f"such as `{such}`")
    values, shown = figure(name)
    comparison = match[1] or "<="
    if all(each is not None and _COMPARISONS[comparison](each, number) for each in values):
        return None
    return Diagnostic(
        Code.BUDGET_EXCEEDED,
        f"the network breaks its budget of {name}",
        span,
        found=shown,
        expected=f"{comparison} {match[2]}",
    )


def _number(text: str) -> float | None:
    """``26M`` as a number."""
    match = _NUMBER.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _UNITS[match[2]]


def _reach(analysis: Analysis) -> tuple[int, ...] | None:
    """The widest local receptive field. A limit must hold along each of its axes."""
    field = widest_field(analysis.graph, analysis.receptive)
    return field.size if field else None
