"""Expressions as data: what a spec computes with, and what generated constructors compute with.

One small immutable tree serves the front end (which parses `$(...)` into it), lowering (which
rewrites names and folds constants) and the program (which evaluates it or writes it as Python).
Evaluation is bounded in steps, magnitude and length, and reaches nothing but its variables.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias
from typing import Literal as OneOf

MAX_STEPS = 200_000
MAX_LENGTH = 200_000
MAX_MAGNITUDE = 2**63

Kind: TypeAlias = OneOf["any", "whole", "sequence"]


class ExpressionError(Exception):
    """An expression has no value. `bound` tells that a bound was exceeded, `unknown` names a missing variable."""

    def __init__(self, message: str, *, bound: bool = False, unknown: str | None = None) -> None:
        super().__init__(message)
        self.bound = bound
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Expr:
    """Base of all expressions."""


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A number, a text, a truth value or None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A variable.

    `kind` tells what its values always are, where that is known: an integer's arithmetic can be simplified
    further, and a sequence is written so that it may be a list or a tuple.
    """

    id: str
    kind: Kind = field(default="any", compare=False)


@dataclass(frozen=True, slots=True)
class Unknown(Expr):
    """A value whose origin cannot be told; any expression with it is unknown too."""


@dataclass(frozen=True, slots=True)
class Attribute(Expr):
    """``x.channels``: a property of a shape."""

    value: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """``depths[0]``."""

    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Slice(Expr):
    """``depths[a:b:c]``; a part left out is None."""

    value: Expr
    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Negative(Expr):
    """``-value``."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Not(Expr):
    """``not value``."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic: ``+ - * / // % **``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """``first op a op b ...``, chained as in Python."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """``a and b and ...`` or ``a or b or ...``."""

    op: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    """``then if test else otherwise``."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A call of one of the `FUNCTIONS`."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Items(Expr):
    """A list; `tuple` says how generated source writes it."""

    items: tuple[Expr, ...]
    tuple: bool = False


@dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """``[element for targets in iterable if condition]``."""

    element: Expr
    targets: tuple[str, ...]
    iterable: Expr
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class Format(Expr):
    """A text with numbers in it, such as ``conv3``: texts and expressions in turn."""

    parts: tuple[str | Expr, ...]


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


def children(expr: Expr) -> Iterator[Expr]:
    """The direct parts of an expression."""
    if isinstance(expr, Compare):
        yield expr.first
        yield from (right for _, right in expr.rest)
        return
    for each in fields(expr):
        part = getattr(expr, each.name)
        if isinstance(part, Expr):
            yield part
        elif isinstance(part, tuple):
            yield from (p for p in part if isinstance(p, Expr))


def names(expr: Expr) -> set[str]:
    """Variables an expression reads (those a comprehension binds left out)."""
    if isinstance(expr, Name):
        return {expr.id}
    found: set[str] = set()
    for part in children(expr):
        found |= names(part)
    if isinstance(expr, Comprehension):
        found = (found - set(expr.targets)) | names(expr.iterable)
    return found


def kind_of(values: Iterable[Any]) -> Kind:
    """The kind of a variable that has these values."""
    types = {type(value) for value in values}
    if types and types <= {tuple, list}:
        return "sequence"
    return "whole" if types == {int} else "any"


def is_whole(expr: Expr) -> bool:
    """Whether the value of `expr` is an integer, whatever its variables are."""
    match expr:
        case Literal(value):
            return type(value) is int
        case Name():
            return expr.kind == "whole"
        case Negative(value):
            return is_whole(value)
        case Binary("+" | "-" | "*" | "//" | "%", left, right):
            return is_whole(left) and is_whole(right)
        case Conditional(_, then, otherwise):
            return is_whole(then) and is_whole(otherwise)
        case Apply("len" | "int" | "floor" | "ceil"):
            return True
        case Apply("min" | "max" | "abs" | "make_divisible", args):
            return all(is_whole(a) for a in args)
    return False


def is_unknown(expr: Expr) -> bool:
    """Whether any part of `expr` is unknown."""
    return isinstance(expr, Unknown) or any(is_unknown(p) for p in children(expr))


def depth(expr: Expr) -> int:
    """Levels of nesting."""
    return 1 + max((depth(p) for p in children(expr)), default=0)


def transform(expr: Expr, leaf: Callable[[Expr], Expr | None]) -> Expr:
    """`expr` rebuilt from the bottom and folded; where `leaf` gives an expression, that one stands instead."""
    replaced = leaf(expr)
    if replaced is not None:
        return replaced

    def go(part: Expr) -> Expr:
        return transform(part, leaf)

    match expr:
        case Attribute(value, name):
            return Attribute(go(value), name)
        case Index(value, index):
            return fold(Index(go(value), go(index)))
        case Slice(value, start, stop, step):
            return fold(Slice(go(value), *(None if p is None else go(p) for p in (start, stop, step))))
        case Negative(value):
            return fold(Negative(go(value)))
        case Not(value):
            return fold(Not(go(value)))
        case Binary(op, left, right):
            return fold(Binary(op, go(left), go(right)))
        case Compare(first, rest):
            return fold(Compare(go(first), tuple((op, go(right)) for op, right in rest)))
        case Logic(op, values):
            return fold(Logic(op, tuple(go(v) for v in values)))
        case Conditional(test, then, otherwise):
            return fold(Conditional(go(test), go(then), go(otherwise)))
        case Apply(function, args):
            return fold(Apply(function, tuple(go(a) for a in args)))
        case Items(items, as_tuple):
            return Items(tuple(go(i) for i in items), as_tuple)
        case Format(parts):
            return Format(tuple(p if isinstance(p, str) else go(p) for p in parts))
        case Comprehension():
            return _transform_comprehension(expr, go, leaf)
    return expr


def _transform_comprehension(
    expr: Comprehension, go: Callable[[Expr], Expr], leaf: Callable[[Expr], Expr | None]
) -> Comprehension:
    """A comprehension rebuilt; its own variables hide outer ones, and make way for those that move in."""

    def inner(part: Expr) -> Expr | None:
        return part if isinstance(part, Name) and part.id in expr.targets else leaf(part)

    parts = [expr.element] if expr.condition is None else [expr.element, expr.condition]
    free = {name for part in parts for name in names(part)} - set(expr.targets)
    moved = [transform(Name(name), leaf) for name in sorted(free)]
    if taken := {name for part in moved for name in names(part)} & set(expr.targets):
        renamed = {name: Name(f"{name}_") for name in taken}
        targets = tuple(renamed[t].id if t in taken else t for t in expr.targets)
        element = substitute(expr.element, renamed)
        condition = None if expr.condition is None else substitute(expr.condition, renamed)
        return _transform_comprehension(Comprehension(element, targets, expr.iterable, condition), go, leaf)
    done = [transform(part, inner) for part in parts]
    return Comprehension(done[0], expr.targets, go(expr.iterable), done[1] if len(done) > 1 else None)


def substitute(expr: Expr, bindings: Mapping[str, Expr]) -> Expr:
    """`expr` with names replaced, constants folded."""
    return transform(expr, lambda e: bindings.get(e.id) if isinstance(e, Name) else None)


def fold(expr: Expr) -> Expr:
    """A simpler expression of the same value: constants computed, neutral elements dropped. One level deep."""
    match expr:
        case Binary(_, Unknown(), _) | Binary(_, _, Unknown()) | Negative(Unknown()):
            return Unknown()
        case Binary("+" | "-" | "*" as op, base, Literal(value)) if type(value) is int and value == (op == "*"):
            return base
        case Binary("+" | "*" as op, Literal(value), base) if type(value) is int and value == (op == "*"):
            return base
        case Binary(op, left, Literal(value)) if is_whole(left) and type(value) is int:
            simpler = _fold_whole(op, left, value)
            if simpler is not None:
                return simpler
        case Conditional(Literal(test), then, otherwise):
            return then if test else otherwise
        case Logic(op, values):
            neutral = op == "and"
            kept = tuple(v for v in values[:-1] if not (isinstance(v, Literal) and bool(v.value) == neutral))
            for position, value in enumerate(kept):
                if isinstance(value, Literal):
                    kept = (*kept[:position], value)
                    return kept[0] if len(kept) == 1 else Logic(op, kept)
            kept = (*kept, values[-1])
            return kept[0] if len(kept) == 1 else Logic(op, kept)
    if isinstance(expr, (Literal, Name, Items, Format, Comprehension)):
        return expr
    try:
        return literal(evaluate(expr, {})) if all(_is_constant(p) for p in children(expr)) else expr
    except ExpressionError:
        return expr


def _fold_whole(op: str, left: Expr, value: int) -> Expr | None:
    """Arithmetic of integers made simpler. With other numbers it would not do: ``7.5 // 1`` is 7.0."""
    match op, left:
        case "//", _ if value == 1:
            return left
        case "+" | "-", Binary("+" | "-" as inner, base, Literal(before)):
            total = (before if inner == "+" else -before) + (value if op == "+" else -value)
            if total == 0:
                return base
            return Binary("+", base, Literal(total)) if total > 0 else Binary("-", base, Literal(-total))
    return None


def _is_constant(expr: Expr) -> bool:
    if isinstance(expr, Items):
        return all(_is_constant(i) for i in expr.items)
    return isinstance(expr, Literal)


def literal(value: Any) -> Expr:
    """A plain value as an expression."""
    if isinstance(value, (list, tuple)):
        return Items(tuple(literal(v) for v in value), isinstance(value, tuple))
    return Literal(value)


def evaluate(expr: Expr, variables: Mapping[str, Any]) -> Any:
    """The value of `expr`. Sequences come out as tuples.

    Raises:
        ExpressionError: A variable is unknown, an operation fails, or a bound is exceeded.
    """
    if isinstance(expr, Literal):
        return expr.value
    if isinstance(expr, Name) and expr.id in variables:
        return variables[expr.id]
    try:
        return _Evaluation(variables).value(expr)
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


class _Evaluation:
    """One bounded evaluation."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.steps = 0

    def value(self, expr: Expr) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise ExpressionError(f"more than {MAX_STEPS:,} steps", bound=True)
        return self.bounded(self.compute(expr))

    def bounded(self, value: Any) -> Any:
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

    def compute(self, expr: Expr) -> Any:
        match expr:
            case Literal(value):
                return value
            case Name(id):
                if id not in self.variables:
                    raise ExpressionError(f"`{id}` is not known here", unknown=id)
                return self.variables[id]
            case Attribute(value, name):
                return getattr(self.value(value), name)
            case Index(value, index):
                return self.value(value)[self.value(index)]
            case Slice(value, start, stop, step):
                parts = (None if p is None else self.value(p) for p in (start, stop, step))
                return self.value(value)[slice(*parts)]
            case Negative(value):
                return -self.value(value)
            case Not(value):
                return not self.value(value)
            case Binary(op, left, right):
                return self.arithmetic(op, self.value(left), self.value(right))
            case Compare(first, rest):
                return self.compare(first, rest)
            case Logic(op, values):
                result: Any = None
                for each in values:
                    result = self.value(each)
                    if bool(result) == (op == "or"):
                        break
                return result
            case Conditional(test, then, otherwise):
                return self.value(then if self.value(test) else otherwise)
            case Apply(function, args):
                return FUNCTIONS[function](*(self.value(a) for a in args))
            case Items(items):
                return tuple(self.value(i) for i in items)
            case Comprehension():
                return self.comprehension(expr)
            case Format(parts):
                return "".join(p if isinstance(p, str) else str(self.value(p)) for p in parts)
        raise ExpressionError("its origin is unknown")

    def arithmetic(self, op: str, left: Any, right: Any) -> Any:
        sequences = isinstance(left, (tuple, str)), isinstance(right, (tuple, str))
        if op == "*" and any(sequences):
            length, count = (len(left), right) if sequences[0] else (len(right), left)
            if isinstance(count, int) and length * count > MAX_LENGTH:
                raise ExpressionError(f"longer than {MAX_LENGTH:,}", bound=True)
        if op == "**" and isinstance(right, (int, float)) and abs(right) > 64:
            raise ExpressionError("the exponent is larger than 64", bound=True)
        if op == "%" and isinstance(left, str):
            raise ExpressionError("text cannot be formatted")
        return ARITHMETIC[op](left, right)

    def compare(self, first: Expr, rest: tuple[tuple[str, Expr], ...]) -> bool:
        left = self.value(first)
        for op, each in rest:
            right = self.value(each)
            if not COMPARISONS[op](left, right):
                return False
            left = right
        return True

    def comprehension(self, expr: Comprehension) -> tuple[Any, ...]:
        outer, found = self.variables, []
        for item in self.value(expr.iterable):
            values = (item,) if len(expr.targets) == 1 else tuple(item)
            if len(values) != len(expr.targets):
                raise ExpressionError(f"{len(expr.targets)} names for {len(values)} values")
            self.variables = {**outer, **dict(zip(expr.targets, values, strict=True))}
            if expr.condition is None or self.value(expr.condition):
                found.append(self.value(expr.element))
        self.variables = outer
        return tuple(found)
