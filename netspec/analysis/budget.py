"""The spec's `budget`: limits for the network's figures."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from netspec.analysis import Analysis
from netspec.analysis.limits import read_bytes, read_count
from netspec.analysis.optimizer_state import PLAIN_SGD, OptimizerState
from netspec.analysis.receptive import widest_field
from netspec.diagnostics import Code, Diagnostic, Span, unknown

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
}
_LIMIT = re.compile(r"(<=|<|>=|>|==)? *(.+)")


def _reach(analysis: Analysis) -> tuple[int, ...] | None:
    """The widest local receptive field. A limit must hold along each of its axes."""
    field = widest_field(analysis.graph, analysis.receptive)
    return field.size if field else None


def _memory(analysis: Analysis, optimizer: OptimizerState) -> int | None:
    from netspec.analysis.footprint import step_memory  # most budgets do without it

    return step_memory(analysis.graph, optimizer)


_FIGURES: Mapping[str, Callable[[Analysis, OptimizerState], int | tuple[int, ...] | None]] = {
    "params": lambda analysis, _: analysis.weights.total.params,
    "macs": lambda analysis, _: analysis.work.total,
    "depth": lambda analysis, _: analysis.depth.weight_layers,
    "receptive_field": lambda analysis, _: _reach(analysis),
    "memory": _memory,
}


COSTS = ("params", "macs", "memory", "depth")
"""The figures of a budget that are single numbers."""

_COUNTED = {
    "params": "parameters",
    "macs": "MACs",
    "depth": "weight layers",
    "memory": "bytes",
    "receptive_field": "input elements",
}


def cost(name: str, analysis: Analysis, optimizer: OptimizerState = PLAIN_SGD) -> int | None:
    """The value of one of `COSTS`; None is unknown."""
    found = _FIGURES[name](analysis, optimizer)
    assert not isinstance(found, tuple)
    return found


def over_budget(
    analysis: Analysis,
    budget: Mapping[str, str | int],
    span: Callable[[tuple[str, str]], Span | None],
    optimizer: OptimizerState = PLAIN_SGD,
) -> list[Diagnostic]:
    """Broken limits, such as ``params: <= 26M``; a bare number is the largest value allowed.

    Args:
        analysis: The network's figures. An unknown figure breaks its limit.
        budget: Limits by figure; units of counts are powers of 1,000, those of bytes powers of 1,024.
        span: Gives the place of ``("budget", figure)`` in the spec.
        optimizer: Its state counts as memory.
    """
    found = (_broken(analysis, optimizer, name, str(limit), span(("budget", name))) for name, limit in budget.items())
    return [diagnostic for diagnostic in found if diagnostic]


def _broken(
    analysis: Analysis, optimizer: OptimizerState, name: str, limit: str, span: Span | None
) -> Diagnostic | None:
    if name not in _FIGURES:
        fact = unknown(name, _FIGURES, listed=_FIGURES)
        return Diagnostic(Code.WRONG_TYPE, f"a budget of `{name}` cannot be checked", span, fact=fact)
    match = _LIMIT.fullmatch(limit.strip())
    number = match and (read_bytes(match[2]) if name == "memory" else read_count(match[2]))
    if match is None or number is None:
        such = "<= 2GB" if name == "memory" else "<= 26M"
        return Diagnostic(Code.WRONG_TYPE, f"`{limit}` is no limit", span, expected=f"such as `{such}`")
    found = _FIGURES[name](analysis, optimizer)
    values = found if isinstance(found, tuple) else (found,)
    comparison = match[1] or "<="
    if all(each is not None and _COMPARISONS[comparison](each, number) for each in values):
        return None
    return Diagnostic(
        Code.BUDGET_EXCEEDED,
        f"the network breaks its budget of {name}",
        span,
        found=_shown(name, values),
        expected=f"{comparison} {match[2]}",
    )


def _shown(name: str, values: tuple[int | None, ...]) -> str:
    """``25,557,032 parameters``, ``483x427 input elements``, ``1,024 bytes``, ``unknown``."""
    sizes = values if len(set(values)) > 1 else values[:1]
    if None in sizes:
        return "unknown"
    return f"{'x'.join(f'{each:,}' for each in sizes)} {_COUNTED[name]}"
