"""The spec's `budget`: limits that its figures must keep."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from netspec.analysis import Analysis
from netspec.analysis.reach import widest_field
from netspec.diagnostics import Code, Diagnostic, Span

_FIGURES: Mapping[str, Callable[[Analysis], int | tuple[int, ...] | None]] = {
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
_LIMIT = re.compile(r"(<=|<|>=|>|==)? *([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?) *([kKMGTP]?)")


def over_budget(
    analysis: Analysis, budget: Mapping[str, str | int], span: Callable[[tuple[str, str]], Span | None]
) -> list[Diagnostic]:
    """Limits that the network breaks, such as ``params: <= 26M``; a bare number is the most allowed.

    Args:
        analysis: The network's figures. One that is unknown keeps no limit.
        budget: Limits by figure; units are powers of 1,000.
        span: Gives the place of ``("budget", figure)`` in the spec.
    """
    found = (_broken(analysis, name, str(limit), span(("budget", name))) for name, limit in budget.items())
    return [diagnostic for diagnostic in found if diagnostic]


def _reach(analysis: Analysis) -> tuple[int, ...] | None:
    """The widest local receptive field. A limit must hold along each of its axes."""
    field = widest_field(analysis.graph, analysis.receptive)
    return field.size if field else None


def _broken(analysis: Analysis, name: str, limit: str, span: Span | None) -> Diagnostic | None:
    if name not in _FIGURES:
        known = ", ".join(_FIGURES)
        return Diagnostic(Code.WRONG_TYPE, f"a budget of `{name}` cannot be checked", span, expected=f"one of {known}")
    match = _LIMIT.fullmatch(limit.strip())
    if match is None:
        return Diagnostic(Code.WRONG_TYPE, f"`{limit}` is no limit", span, expected="such as `<= 26M`")
    figure = _FIGURES[name](analysis)
    comparison, number, unit = match[1] or "<=", match[2], match[3]
    figures = figure if isinstance(figure, tuple) else (figure,)
    bound = float(number) * _UNITS[unit]
    if all(each is not None and _COMPARISONS[comparison](each, bound) for each in figures):
        return None
    sizes = figures if len(set(figures)) > 1 else figures[:1]
    shown = "x".join("unknown" if each is None else f"{each:,}" for each in sizes)
    return Diagnostic(
        Code.BUDGET_EXCEEDED,
        f"the network breaks its budget of {name}",
        span,
        found=f"{shown} {name}",
        expected=f"{comparison} {number}{unit}",
    )
