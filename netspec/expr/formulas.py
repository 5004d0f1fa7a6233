"""Expressions as functions, for evaluation with very many values of their variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.expr.evaluation import ARITHMETIC, COMPARISONS, evaluate
from netspec.expr.nodes import Binary, Compare, Expr, Items, Literal, Name, is_whole, names


def formula(expr: Expr) -> Callable[[Mapping[str, int]], Any]:
    """A function from an expression's variables, which are integers, to its value.

    The function raises `ExpressionError` if there is no value, `ZeroDivisionError` for a division by 0.
    """
    match expr:
        case Name(id):
            return lambda values: values[id]
        case _ if not names(expr):
            value = evaluate(expr, {})
            return lambda values: value
        case Binary(op, left, Literal(number)) if is_whole(expr):
            apply, first = ARITHMETIC[op], formula(left)
            return lambda values: apply(first(values), number)
        case Binary(op, left, right) if is_whole(expr):
            apply, first, second = ARITHMETIC[op], formula(left), formula(right)
            return lambda values: apply(first(values), second(values))
        case Compare(left, ((op, right),)) if is_whole(left) and is_whole(right):
            apply, first, second = COMPARISONS[op], formula(left), formula(right)
            return lambda values: apply(first(values), second(values))
        case Items(items):
            parts = [formula(item) for item in items]
            return lambda values: tuple([part(values) for part in parts])
    return lambda values: evaluate(expr, values)
