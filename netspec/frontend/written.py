"""Texts with expressions in them, and the evaluation of anything written in a spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from netspec import expr as e
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fact
from netspec.expr import Expr, ExpressionError
from netspec.objects.immutable import immutable

_AXES: Mapping[str, Callable[[int], int]] = {
    "channels": lambda rank: 0,
    "height": lambda rank: rank - 2 if rank > 2 else 1,
    "width": lambda rank: max(rank - 1, 1),
    "features": lambda rank: rank - 1,
}
"""The named axes of a shape, by its number of axes."""

SHAPE_PROPERTIES = (*_AXES, "shape")


@immutable
class ShapeView:
    """The value of `x` or `input` in an expression: a shape, with the size of each named axis as an attribute."""

    shape: tuple[int, ...]

    def __getattr__(self, name: str) -> int:
        if name not in _AXES:
            raise AttributeError(name)
        index = _AXES[name](len(self.shape))
        if not 0 <= index < len(self.shape):
            raise ExpressionError(f"a value of shape {list(self.shape)} has no {name}")
        return self.shape[index]


@immutable
class UnknownShape:
    """The view of a tensor whose shape an error upstream leaves unknown."""

    def __getattr__(self, name: str) -> int:
        if name not in SHAPE_PROPERTIES:
            raise AttributeError(name)
        raise ExpressionError("nothing flows there", unknown="input")


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
        shapes: The names of tensors whose shapes they read.
        fault: The reason why the text cannot be parsed; then it has no parts.
    """

    text: str
    parts: tuple[str | e.Expr, ...] = ()
    names: frozenset[str] = frozenset()
    shapes: frozenset[str] = frozenset()
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
        _refuse_view(value)
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


def _refuse_view(value: Any) -> None:
    if isinstance(value, UnknownShape):
        raise ExpressionError("nothing flows there", unknown="input")
    if isinstance(value, ShapeView):
        raise ExpressionError("a shape is no value; write x.shape or x.channels")


def _text(value: Any) -> str:
    _refuse_view(value)
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return str(value)
    raise e.ExpressionError(f"{e.spelt(value)} cannot stand in a name")


def lifted(raw: Any, rename: Callable[[Expr], Expr]) -> Expr:
    """A written value as one expression; `rename` is applied to each expression in it.

    Raises:
        BadExpression: A text cannot be read.
    """
    if isinstance(raw, Written):
        if raw.fault is not None:
            raise raw.fault
        if raw.whole is None:
            return e.Format(tuple(p if isinstance(p, str) else rename(p) for p in raw.parts))
        return rename(raw.whole)
    if isinstance(raw, (list, tuple)):
        return e.Items(tuple(lifted(item, rename) for item in raw), tuple=True)
    return e.literal(e.without_bindings(raw))


def view_of(shape: Sequence[Expr], name: str) -> Expr:
    """A property of a shape whose sizes are expressions; unknown if the shape does not have it."""
    if name == "shape":
        return e.Items(tuple(shape), tuple=True)
    axis = _AXES[name](len(shape))
    return shape[axis] if 0 <= axis < len(shape) else e.Unknown()


def names_read(raw: Any) -> frozenset[str]:
    """The names that the expressions in a written value read, in all texts of a list or a mapping."""
    if isinstance(raw, Written):
        return raw.names
    inner = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, (list, tuple)) else ()
    return frozenset().union(*map(names_read, inner))


def holds_expression(written: Any) -> bool:
    """Whether a value contains an expression."""
    if isinstance(written, dict):
        return any(map(holds_expression, written.values()))
    if isinstance(written, (list, tuple)):
        return any(map(holds_expression, written))
    return isinstance(written, Written)
