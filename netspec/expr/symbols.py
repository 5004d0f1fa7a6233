"""Numbers that remember how they came about.

The rules of a layer are arithmetic on integers. Lowering calls the same rules with *symbolic*
values: each is its value (so that every comparison and branch goes as it did when the graph was
made) and carries an `Expr` that says where it comes from, so that ``emit`` yields
``Conv2d(in_channels, 4 * width)`` instead of ``Conv2d(64, 256)``. One rule, two readings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from netspec.expr import Binary, Expr, Literal, Name, Negative, Unknown, fold, is_small


class SymInt(int):
    """An integer with the expression that gives it; arithmetic on it builds expressions."""

    expr: Expr

    def __new__(cls, value: int, expr: Expr) -> Self:
        self = super().__new__(cls, value)
        self.expr = Name(expr.id, "whole") if isinstance(expr, Name) else expr
        return self

    def __getnewargs__(self) -> tuple[int, Expr]:  # type: ignore[override]
        return int(self), self.expr

    def __neg__(self) -> int:
        return _number(-int(self), fold(Negative(self.expr)))


class SymFloat(float):
    """A float option with the expression that gives it."""

    expr: Expr

    def __new__(cls, value: float, expr: Expr) -> Self:
        self = super().__new__(cls, value)
        self.expr = expr
        return self

    def __getnewargs__(self) -> tuple[float, Expr]:  # type: ignore[override]
        return float(self), self.expr


class SymStr(str):
    """A text option with the expression that gives it."""

    expr: Expr
    __slots__ = ("expr",)

    def __new__(cls, value: str, expr: Expr) -> Self:
        self = super().__new__(cls, value)
        self.expr = expr
        return self

    def __getnewargs__(self) -> tuple[str, Expr]:  # type: ignore[override]
        return str(self), self.expr


class SymValue:
    """A truth value, None or a sequence with the expression that gives it."""

    __slots__ = ("expr", "value")

    def __init__(self, value: Any, expr: Expr) -> None:
        self.value = value
        self.expr = expr

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == concrete(other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return iter(self.value)

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]


def _number(value: int, expr: Expr) -> int:
    if isinstance(expr, Literal):
        return value
    return SymInt(value, expr if is_small(expr) else Unknown())


def _operator(name: str, symbol_text: str, reflected: bool) -> Callable[[SymInt, Any], Any]:
    plain = getattr(int, name)

    def method(self: SymInt, other: Any) -> Any:
        value = plain(self, other)
        if value is NotImplemented or not isinstance(other, int):
            return value
        left, right = expr_of(self), expr_of(other)
        if reflected:
            left, right = right, left
        return _number(value, fold(Binary(symbol_text, left, right)))

    method.__name__ = name
    return method


for _name, _text in {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%"}.items():
    setattr(SymInt, f"__{_name}__", _operator(f"__{_name}__", _text, reflected=False))
    setattr(SymInt, f"__r{_name}__", _operator(f"__r{_name}__", _text, reflected=True))


def symbol(value: Any, expr: Expr) -> Any:
    """`value`, remembering `expr`; a literal stays plain."""
    if isinstance(expr, Literal):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, (tuple, list)):
        return SymValue(value, expr)
    if isinstance(value, int):
        return SymInt(value, expr)
    if isinstance(value, float):
        return SymFloat(value, expr)
    return SymStr(value, expr)


def expr_of(value: Any) -> Expr:
    """The expression of any value: a literal for a plain one."""
    expr = getattr(value, "expr", None)
    return expr if isinstance(expr, Expr) else Literal(value)


def is_symbolic(value: Any) -> bool:
    """Whether a value, or something in it, remembers an expression."""
    if isinstance(value, (tuple, list)):
        return any(map(is_symbolic, value))
    return not isinstance(expr_of(value), Literal)


def concrete(value: Any) -> Any:
    """The plain value of a symbolic one, sequences included."""
    if isinstance(value, SymValue):
        return concrete(value.value)
    if isinstance(value, (tuple, list)):
        return type(value)(concrete(v) for v in value)
    if isinstance(value, dict):
        return {key: concrete(each) for key, each in value.items()}
    if isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return value


def unknown(value: int) -> SymInt:
    """A number whose origin cannot be told."""
    return SymInt(value, Unknown())
