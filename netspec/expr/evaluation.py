"""Evaluation of expressions, bounded in steps, magnitude and length."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from netspec.expr import nodes as e
from netspec.expr.failures import no_item, no_shape, unfit, unfit_arguments
from netspec.expr.meter import MAX_LENGTH, MAX_STEPS, ExpressionError, Meter, extent

MAX_MAGNITUDE = 2**63

_COPIED = 16
"""The number of variables copied per step."""


def make_divisible(value: float, divisor: int = 8, minimum: int | None = None) -> int:
    """`value` rounded to the nearest multiple of `divisor`, at least `minimum`, never below 90 % of `value`.

    Source: the MobileNet authors' reference code (``_make_divisible``), used by torchvision and timm.
    """
    lowest = divisor if minimum is None else minimum
    rounded = max(lowest, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "int": int,
    "len": len,
    "sum": sum,
    "make_divisible": make_divisible,
}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def evaluate(expr: e.Expr, variables: Mapping[str, Any], meter: Meter | None = None) -> Any:
    """The value of `expr`. Sequences become tuples.

    Args:
        expr: The expression.
        variables: The values of its names.
        meter: Counts its steps, in addition to the bound of each expression.

    Raises:
        ExpressionError: A variable is unknown, an operation fails, or a bound is exceeded.
    """
    if isinstance(expr, e.Literal):
        return expr.value
    if isinstance(expr, e.Name) and expr.id in variables:
        return variables[expr.id]
    evaluation = _Evaluation(variables)
    try:
        return evaluation.value(expr)
    except ExpressionError:
        raise
    except ZeroDivisionError:
        raise ExpressionError("division by zero") from None
    except OverflowError:
        raise ExpressionError("the number is too large", bound=True) from None
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise ExpressionError(str(error) or type(error).__name__) from None
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", bound=True) from None
    finally:
        if meter is not None:
            meter.spend(evaluation.steps)


class _Evaluation:
    """One bounded evaluation."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.steps = 0

    def spend(self, steps: int) -> None:
        """Count steps before they are taken."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise ExpressionError(f"more than {MAX_STEPS:,} steps", bound=True)

    def touch(self, *values: Any) -> None:
        """Count every element of values before it is read."""
        for value in values:
            if isinstance(value, (tuple, str)) and value:
                self.spend(extent(value, MAX_STEPS))

    def value(self, expr: e.Expr) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.spend(0)
        return self.bounded(self.compute(expr))

    def bounded(self, value: Any) -> Any:
        if type(value) is int and -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE:  # as most values are
            return value
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, (tuple, str)) and len(value) > MAX_LENGTH:
            raise ExpressionError(f"longer than {MAX_LENGTH:,}", bound=True)
        if isinstance(value, float) and not math.isfinite(value):
            raise ExpressionError("the number is not finite", bound=True)
        if isinstance(value, int) and abs(value) > MAX_MAGNITUDE:
            raise ExpressionError("the number is too large", bound=True)
        if isinstance(value, complex):
            raise ExpressionError("the number is not real")
        return value

    def made(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        """A new list; an element counts once for each occurrence."""
        found = extent(items)
        self.spend(found)
        if found > MAX_LENGTH:
            raise ExpressionError(f"longer than {MAX_LENGTH:,} with the lists in it", bound=True)
        return items

    def compute(self, expr: e.Expr) -> Any:
        match expr:
            case e.Literal(value):
                return value
            case e.Name(id):
                if id not in self.variables:
                    raise ExpressionError(f"`{id}` is not known here", unknown=id)
                return self.variables[id]
            case e.Attribute(value, name):
                whole = self.value(value)
                if whole is None or isinstance(whole, (int, float, str, tuple, dict)):
                    raise ExpressionError(no_shape(whole))
                return getattr(whole, name)
            case e.Index(value, index):
                return _item(self.value(value), self.value(index))
            case e.Slice(value, start, stop, step):
                whole = self.value(value)
                part = slice(*(None if p is None else self.value(p) for p in (start, stop, step)))
                if isinstance(whole, (tuple, str)) and all(isinstance(p, int | None) for p in _parts(part)):
                    self.spend(len(range(*part.indices(len(whole)))))
                return _item(whole, part)
            case e.Negative(value):
                return _applied("-", operator.neg, [self.value(value)])
            case e.Not(value):
                return not self.value(value)
            case e.Binary(op, left, right):
                return self.arithmetic(op, self.value(left), self.value(right))
            case e.Compare(first, rest):
                return self.compare(first, rest)
            case e.Logic(op, values):
                result: Any = None
                for each in values:
                    result = self.value(each)
                    if bool(result) == (op == "or"):
                        break
                return result
            case e.Conditional(test, then, otherwise):
                return self.value(then if self.value(test) else otherwise)
            case e.Apply(function, args):
                given = [self.value(a) for a in args]
                if function != "len":
                    self.touch(*given)
                return _applied(function, FUNCTIONS[function], given)
            case e.Items(items):
                return self.made(tuple(self.value(i) for i in items))
            case e.Comprehension():
                return self.made(self.comprehension(expr))
            case e.Format(parts):
                return "".join(p if isinstance(p, str) else self.text(self.value(p)) for p in parts)
        raise ExpressionError("its origin is unknown")

    def text(self, value: Any) -> str:
        self.touch(value)
        return str(value)

    def arithmetic(self, op: str, left: Any, right: Any) -> Any:
        sequences = isinstance(left, (tuple, str)), isinstance(right, (tuple, str))
        if op == "*" and any(sequences):
            sequence, count = (left, right) if sequences[0] else (right, left)
            if isinstance(count, int) and count > 0:
                if extent(sequence) * count > MAX_LENGTH:
                    raise ExpressionError(f"longer than {MAX_LENGTH:,}", bound=True)
                self.spend(extent(sequence) * count)
        elif op == "+" and all(sequences):
            if isinstance(left, str) or isinstance(right, str):
                self.touch(left, right)
            else:
                self.made((left, right))
        if op == "**" and isinstance(right, (int, float)) and abs(right) > 64:
            raise ExpressionError("the exponent is larger than 64", bound=True)
        if op == "%" and isinstance(left, str):
            raise ExpressionError("text cannot be formatted")
        return _joined(op, ARITHMETIC[op], left, right)

    def compare(self, first: e.Expr, rest: tuple[tuple[str, e.Expr], ...]) -> bool:
        left = self.value(first)
        for op, each in rest:
            right = self.value(each)
            if not isinstance(right, (int, float)):
                self.touch(left, right)
            if not _joined(op, COMPARISONS[op], left, right):
                return False
            left = right
        return True

    def comprehension(self, expr: e.Comprehension) -> tuple[Any, ...]:
        outer, found = self.variables, []
        items = self.value(expr.iterable)
        if not isinstance(items, (tuple, str, dict)):
            raise ExpressionError(no_item(items, 0))
        self.spend(len(outer) // _COPIED + len(items))
        self.variables = inner = dict(outer)
        for item in items:
            values = item if len(expr.targets) > 1 and isinstance(item, (tuple, str)) else (item,)
            if len(values) != len(expr.targets):
                raise ExpressionError(f"{len(expr.targets)} names for {len(values)} value{'s'[: len(values) != 1]}")
            inner.update(zip(expr.targets, values, strict=True))
            if expr.condition is None or self.value(expr.condition):
                found.append(self.value(expr.element))
        self.variables = outer
        return tuple(found)


def _parts(part: slice) -> tuple[Any, Any, Any]:
    return part.start, part.stop, part.step


def _joined(op: str, join: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    try:
        return join(left, right)
    except TypeError:
        raise ExpressionError(unfit(op, left, right)) from None


def _applied(function: str, apply: Callable[..., Any], given: list[Any]) -> Any:
    try:
        return apply(*given)
    except (TypeError, ValueError):
        raise ExpressionError(unfit_arguments(function, given)) from None


def _item(value: Any, index: Any) -> Any:
    try:
        return value[index]
    except (TypeError, IndexError, KeyError):
        raise ExpressionError(no_item(value, index)) from None
