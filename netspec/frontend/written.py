"""The value of anything that is written in a spec: a text with expressions, a list, a mapping, a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec import expr as e
from netspec.frontend.expressions import Template, parse
from netspec.frontend.views import ShapeView

_READ = 64
"""Characters of a written text that are worth a step."""


def evaluate(raw: Any, variables: Mapping[str, Any], meter: e.Meter | None = None) -> Any:
    """The value of anything written in a spec: expressions and templates computed, lists made tuples.

    Args:
        raw: What is written.
        variables: What its expressions see.
        meter: Pays for it.

    Raises:
        BadExpression: A text is not an expression.
        ExpressionError: An expression has no value, or the meter has run out.
    """
    if isinstance(raw, str):
        if "$" not in raw:
            return raw
        if meter is not None:
            meter.spend(1 + len(raw) // _READ)
        parsed = parse(raw)
        if isinstance(parsed, e.Expr):
            value = e.evaluate(parsed, variables, meter)
            if isinstance(value, ShapeView):
                raise e.ExpressionError("a shape is no value; write x.shape or x.channels")
            if meter is not None and isinstance(value, tuple):
                meter.spend(e.extent(value))  # whoever gets it goes through it
            return value
        if isinstance(parsed, Template):
            return "".join(p if isinstance(p, str) else _text(e.evaluate(p, variables, meter)) for p in parsed.parts)
        return parsed
    if isinstance(raw, (list, tuple, dict)):
        if meter is not None and raw:
            meter.spend(len(raw))
        if isinstance(raw, dict):
            return {key: evaluate(item, variables, meter) for key, item in raw.items()}
        return tuple(evaluate(item, variables, meter) for item in raw)
    return raw


def _text(value: Any) -> str:
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return str(value)
    raise e.ExpressionError(f"{e.spelt(value)} cannot stand in a name")
