"""Texts with expressions in them, and the evaluation of anything written in a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from netspec import expr as e
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fact
from netspec.frontend.views import ShapeView
from netspec.objects.immutable import immutable

_READ = 64
"""The number of characters of a written text that cost one step."""


class BadExpression(Exception):
    """A text is not an expression of the language."""

    def __init__(self, code: Code, message: str, help: str | None = None, fact: Fact | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.fact = fact


@immutable
class Written:
    """A parsed text of a spec with expressions in it: ``$width``, ``$(2 * i)``, ``denselayer$(i + 1)``.

    Attributes:
        text: The text itself.
        parts: Its texts and expressions in turn.
        names: The names that the expressions read; all words, if they cannot be parsed.
        fault: The reason why the text cannot be parsed; then it has no parts.
    """

    text: str
    parts: tuple[str | e.Expr, ...] = ()
    names: frozenset[str] = frozenset()
    fault: BadExpression | None = field(default=None, compare=False)

    @property
    def whole(self) -> e.Expr | None:
        """The expression, if it is the whole text; else None."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], e.Expr) else None

    def __str__(self) -> str:
        return self.text


def evaluate(raw: Any, variables: Mapping[str, Any], meter: e.Meter | None = None) -> Any:
    """The value of anything written in a spec: expressions and templates are evaluated, lists become tuples.

    Args:
        raw: The value as written.
        variables: The variables of its expressions.
        meter: Counts the steps.

    Raises:
        BadExpression: A text cannot be parsed.
        ExpressionError: An expression has no value, or the meter has run out.
    """
    if isinstance(raw, Written):
        if raw.fault is not None:
            raise raw.fault
        if meter is not None:
            meter.spend(1 + len(raw.text) // _READ)
        if raw.whole is None:
            return "".join(p if isinstance(p, str) else _text(e.evaluate(p, variables, meter)) for p in raw.parts)
        value = e.evaluate(raw.whole, variables, meter)
        if isinstance(value, ShapeView):
            raise e.ExpressionError("a shape is no value; write x.shape or x.channels")
        if meter is not None and isinstance(value, tuple):
            meter.spend(e.extent(value))  # its consumer walks through the whole value
        return value
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
