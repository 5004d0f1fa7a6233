"""Tracing of symbols: values computed from them, decisions by them, and changes by the rounds of a repeat."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from netspec.expr.evaluation import evaluate
from netspec.expr.folding import fold, transform
from netspec.expr.guards import record, settle
from netspec.expr.nodes import After, Attribute, Compare, Expr, Literal, Name, Round, names
from netspec.expr.symbols import SymInt, concrete, expr_of, expression, is_symbol, is_symbolic, symbol


def computed(expr: Expr, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, a symbol if one of its variables is; `self.name` reads an attribute.

    Raises:
        ExpressionError: It has no value.
    """
    if isinstance(expr, Literal):
        return expr.value
    if isinstance(expr, Name) and is_symbol(variables.get(expr.id)):
        return variables[expr.id]
    read = {name: variables[name] for name in names(expr) if name in variables}
    held = {name: vars(each) for name, each in read.items() if isinstance(each, SimpleNamespace)}
    if not any(map(is_symbolic, (*read.values(), *held.values()))):
        return evaluate(expr, variables)
    plain = {name: SimpleNamespace(**concrete(held[name])) if name in held else concrete(read[name]) for name in read}

    def leaf(part: Expr) -> Expr | None:
        if isinstance(part, Attribute) and isinstance(part.value, Name) and part.value.id in held:
            return expression(held[part.value.id][part.name])
        return expression(read[part.id]) if isinstance(part, Name) and part.id in read else None

    return symbol(evaluate(expr, plain), transform(expr, leaf))


def decide(value: Any) -> None:
    """Record that a value decides with its current value."""
    if isinstance(value, (Mapping, list)):
        for each in value.values() if isinstance(value, Mapping) else value:
            decide(each)
    elif is_symbolic(value):
        guards, plain = record(), concrete(value)
        if isinstance(plain, bool) and guards is not None:
            guards.decide(expression(value), plain)
        else:
            settle(expression(value), plain)


def are_one(value: Any, wanted: Any) -> bool:
    """Whether two equal values are the same; records a guard if their expressions differ."""
    guards = record()
    if guards is None or not (is_symbolic(value) or is_symbolic(wanted)):
        return True
    return bool(guards.decide(fold(Compare(expression(value), (("==", expression(wanted)),))), outcome=True))


def round_of(index: int, number: int) -> int:
    """The index of a round; if the number of rounds is a symbol, the index depends on it."""
    if not is_symbolic(number):
        return index
    return SymInt(index, Round(index, expr_of(number)))


def numbered(expr: Expr) -> Expr:
    """An expression with the symbols of rounds replaced by their numbers."""
    return transform(expr, lambda part: Literal(part.index) if isinstance(part, Round) else None)


def recorded(expr: Expr) -> Expr:
    """An expression for the recorded numbers of rounds, which guards hold."""

    def plain(part: Expr) -> Expr | None:
        match part:
            case Round(index, _):
                return Literal(index)
            case After(value, _):
                return recorded(value)
        return None

    return transform(expr, plain)


def after_rounds(value: int, number: int) -> int:
    """A value after rounds that change it; if the number of rounds is a symbol, the value depends on it."""
    return SymInt(int.__int__(value), After(expr_of(value), expr_of(number))) if is_symbolic(number) else value
