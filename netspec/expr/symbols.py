"""Numbers that carry the expressions of their origin.

The rules of a layer are arithmetic on integers. They are also called with *symbolic* values: each is its value (so
that every comparison and branch has its usual outcome) and carries an `Expr` that states its origin, so that
``emit`` yields ``Conv2d(in_channels, 4 * width)`` instead of ``Conv2d(64, 256)``. One rule, two readings.

A decision by a symbol, in a comparison, a truth test, a conversion or any operation other than those below, is recorded
as a guard if a record is being made (`guards`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from netspec.expr import nodes as e
from netspec.expr.callees import Callee
from netspec.expr.folding import fold
from netspec.expr.guards import record, settle
from netspec.expr.memory import is_small

ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%"}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_CONVERSIONS = ("bool", "int", "float", "hash", "abs", "round", "ceil", "floor", "trunc")
_DIVISIONS = ("truediv", "rtruediv", "divmod", "rdivmod", "pow", "rpow")
_PLAIN = frozenset({bool, int, float, str, type(None)})
_READ: Mapping[type, tuple[str, ...]] = {
    int: (*_CONVERSIONS, *_DIVISIONS),
    float: (*_CONVERSIONS, *_DIVISIONS, "neg", *ARITHMETIC, *(f"r{name}" for name in ARITHMETIC)),
    str: ("add", "contains", "format", "getitem", "hash", "iter", "len", "mod", "mul", "rmul", "str"),
}
"""Methods that read a value and whose result no expression states; numbers in messages record no guard."""


class _Carrying:
    """A number or a text that carries its expression."""

    expr: e.Expr

    def __new__(cls, value: Any, expr: e.Expr) -> Self:
        self = super().__new__(cls, value)  # type: ignore[call-arg]
        self.expr = expr
        return self

    def __reduce__(self) -> tuple[type, tuple[Any, e.Expr]]:
        return type(self), (concrete(self), self.expr)


class SymInt(_Carrying, int):
    """An integer with its expression; arithmetic on it builds expressions."""

    def __new__(cls, value: int, expr: e.Expr) -> Self:
        return super().__new__(cls, value, e.Name(expr.id, "whole") if isinstance(expr, e.Name) else expr)

    def __neg__(self) -> int:
        return _number(int.__neg__(self), fold(e.Negative(self.expr)))


class SymFloat(_Carrying, float):
    """A float option with its expression."""


class SymStr(_Carrying, str):
    """A text option with its expression."""


class SymValue:
    """A truth value, None or a sequence with its expression."""

    __slots__ = ("expr", "value")

    def __init__(self, value: Any, expr: e.Expr) -> None:
        self.value = value
        self.expr = expr

    def __bool__(self) -> bool:
        if type(self.value) is bool:
            return _decided(self.expr, self.value)
        settle(self.expr, self.value)
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return _decided(e.Compare(self.expr, (("==", expr_of(other)),)), bool(self.value == concrete(other)))

    def __hash__(self) -> int:
        settle(self.expr, self.value)
        return hash(self.value)

    def __len__(self) -> int:
        length = len(self.value)
        known = e.Compare(e.Apply("len", (self.expr,)), (("==", e.Literal(length)),))
        return length if _decided(known, outcome=True) else length + 1

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self)[index]
        return symbol(self.value[index], fold(e.Index(self.expr, e.Literal(concrete(index)))))


def _number(value: int, expr: e.Expr) -> int:
    if isinstance(expr, e.Literal):
        return value
    return SymInt(value, expr if is_small(expr) else e.Unknown())


def _decided(expr: e.Expr, outcome: bool) -> bool:
    guards = record()
    return outcome if guards is None else bool(guards.decide(fold(expr), outcome))


def _operator(name: str, symbol_text: str, reflected: bool) -> Callable[[SymInt, Any], Any]:
    plain = getattr(int, name)

    def method(self: SymInt, other: Any) -> Any:
        value = plain(self, other)
        if (guards := record()) is not None and guards.over:
            return value
        if value is NotImplemented or not isinstance(other, int):
            settle(self.expr, int.__int__(self))
            return value
        left, right = expr_of(self), expr_of(other)
        if reflected:
            left, right = right, left
        return _number(value, fold(e.Binary(symbol_text, left, right)))

    method.__name__ = name
    return method


def _comparing(kind: type, name: str, symbol_text: str) -> Callable[[Any, Any], Any]:
    plain = getattr(kind, name)

    def method(self: Any, other: Any) -> Any:
        value = plain(self, concrete(other))
        if value is NotImplemented or record() is None:
            return value
        return _decided(e.Compare(self.expr, ((symbol_text, expr_of(other)),)), value)

    method.__name__ = name
    return method


def _reading(kind: type, name: str) -> Callable[..., Any]:
    plain = getattr(kind, name)

    def method(self: Any, *others: Any) -> Any:
        settle(self.expr, kind(concrete(self)))
        return plain(self, *others)

    method.__name__ = name
    return method


for _name, _text in ARITHMETIC.items():
    setattr(SymInt, f"__{_name}__", _operator(f"__{_name}__", _text, reflected=False))
    setattr(SymInt, f"__r{_name}__", _operator(f"__r{_name}__", _text, reflected=True))
for _symbols, _kind in ((SymInt, int), (SymFloat, float), (SymStr, str)):
    for _name, _text in COMPARISONS.items():
        setattr(_symbols, f"__{_name}__", _comparing(_kind, f"__{_name}__", _text))
    for _name in _READ[_kind]:
        setattr(_symbols, f"__{_name}__", _reading(_kind, f"__{_name}__"))
for _name in ("startswith", "endswith", "lower", "upper", "split", "replace", "removeprefix", "removesuffix"):
    setattr(SymStr, _name, _reading(str, _name))


def symbol(value: Any, expr: e.Expr) -> Any:
    """`value` with its `expr`; a literal stays plain, and each item of a written list carries its own expression."""
    if isinstance(expr, e.Literal):
        return value
    if isinstance(expr, e.Items) and isinstance(value, (tuple, list)) and len(expr.items) == len(value):
        return type(value)(symbol(v, x) for v, x in zip(value, expr.items, strict=True))
    if isinstance(value, bool) or value is None or isinstance(value, (tuple, list)):
        return SymValue(value, expr)
    if isinstance(value, int):
        return SymInt(value, expr)
    if isinstance(value, float):
        return SymFloat(value, expr)
    if isinstance(value, Callee):  # its options have expressions of their own
        settle(expr, str(value))
        return value
    return SymStr(value, expr)


def expr_of(value: Any) -> e.Expr:
    """The expression of any value: a literal for a plain one, a list of expressions for a list of symbols."""
    expr = getattr(value, "expr", None)
    if isinstance(expr, e.Expr):
        return expr
    if isinstance(value, (tuple, list)) and is_symbolic(value):
        return e.Items(tuple(map(expr_of, value)), isinstance(value, tuple))
    return e.Literal(value)


def items_of(value: Any) -> Any:
    """A symbolic sequence as a sequence of symbols; any other value unchanged."""
    if isinstance(value, SymValue) and isinstance(value.value, (tuple, list)):
        return type(value.value)(value[index] for index in range(len(value.value)))
    return value


def is_symbol(value: Any) -> bool:
    """Whether a value is a symbol itself."""
    return isinstance(value, (SymInt, SymFloat, SymStr, SymValue))


def is_symbolic(value: Any) -> bool:
    """Whether a value is a symbol or contains one."""
    if type(value) in _PLAIN:
        return False
    if isinstance(value, (tuple, list)):
        return any(map(is_symbolic, value))
    if isinstance(value, Mapping):
        return any(map(is_symbolic, value.values()))
    return is_symbol(value)


def expression(value: Any) -> e.Expr:
    """The expression of any value, as in `expr_of`; a plain list is a list of literals."""
    return e.literal(value) if isinstance(value, (tuple, list)) and not is_symbolic(value) else expr_of(value)


def concrete(value: Any) -> Any:
    """The plain value of a symbolic one, sequences included."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, SymValue):
        return concrete(value.value)
    if isinstance(value, (tuple, list)):
        return type(value)([concrete(v) for v in value])
    if isinstance(value, dict):
        return {key: concrete(each) for key, each in value.items()}
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    return str.__str__(value) if isinstance(value, str) and not isinstance(value, Callee) else value


def unknown(value: int) -> SymInt:
    """A number of unknown origin."""
    return SymInt(value, e.Unknown())
