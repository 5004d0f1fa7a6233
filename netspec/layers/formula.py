"""Formulas with their symbols, and with the numbers put in.

A formula is written once, as arithmetic such as ``floor((H + 2*p - k) / s) + 1``; text, LaTeX and value follow.
"""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import Literal

from netspec.objects.immutable import immutable

Form = Literal["text", "latex"]
Computation = Callable[[Mapping[str, int]], int]

_FUNCTIONS: Mapping[str, Callable[[int, int], int]] = {"floor": lambda a, b: a // b, "ceil": lambda a, b: -(-a // b)}
"""Each takes one quotient."""


def _exact(a: int, b: int) -> int:
    if a % b:
        raise ValueError(f"{a} / {b} is not whole")
    return a // b


_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _exact,
}

_BRACKETS = {"floor": (r"\left\lfloor ", r" \right\rfloor"), "ceil": (r"\left\lceil ", r" \right\rceil")}
_SUM, _PRODUCT, _ATOM = range(3)
_MOST_TERMS = 100
"""Terms of a sum that are still read one by one."""


@immutable
class Formula:
    """A figure and the arithmetic that gives it.

    Attributes:
        name: The figure: ``height``, ``params``, ``macs``, ...
        arithmetic: Sums, differences, products, exact quotients, and ``floor`` and ``ceil`` of a quotient.
        values: A number for each symbol.
        note: A remark, where there is more to say.
    """

    name: str
    arithmetic: str
    values: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None

    @classmethod
    def of(cls, name: str, arithmetic: str, values: Mapping[str, int]) -> Formula:
        """A formula with the numbers that it has a symbol for."""
        used = _used(arithmetic)
        return cls(name, arithmetic, {symbol: number for symbol, number in values.items() if symbol in used})

    @classmethod
    def sum_of(cls, name: str, terms: Sequence[str], values: Mapping[str, int] | None = None) -> Formula:
        """The sum of the terms; for very many terms, the multiples of each number, or the total."""
        given = values or {}
        if len(terms) <= _MOST_TERMS:
            return cls(name, " + ".join(terms), given)
        amounts = Counter(cls(name, term, given).value for term in terms)
        if len(amounts) > _MOST_TERMS:
            return cls(name, f"{sum(amounts.elements()):d}")
        return cls(name, " + ".join(f"{times:d} * {amount:d}" for amount, times in amounts.items()))

    @property
    def value(self) -> int:
        """The formula's value."""
        return _computation(self.arithmetic)(self.values)

    @property
    def is_arithmetic(self) -> bool:
        """Whether the formula is more than a number."""
        return not isinstance(_parsed(self.arithmetic), ast.Constant)

    @property
    def symbols(self) -> str | None:
        """``floor((H + 2*p - k)/s) + 1``; None where there are none."""
        return _in_symbols(self.arithmetic, "text") if self.values else None

    @property
    def numbers(self) -> str:
        """``floor((28 + 2*2 - 5)/1) + 1``."""
        return self._in_numbers("text")

    @property
    def latex(self) -> str:
        """Symbols, numbers and value, equal signs between, for LaTeX's mathematical mode."""
        parts = [_in_symbols(self.arithmetic, "latex")] if self.values else []
        parts += [self._in_numbers("latex")] if self.is_arithmetic else []
        return " = ".join([*parts, f"{self.value:,}".replace(",", "{,}")])

    def _in_numbers(self, form: Form) -> str:
        numbers = {symbol: str(n) if n >= 0 else f"({n})" for symbol, n in self.values.items()}
        return _in_front(_with_slots(self.arithmetic, form) % numbers)


@cache
def _parsed(arithmetic: str) -> ast.expr:
    return ast.parse(arithmetic, mode="eval").body


@cache
def _used(arithmetic: str) -> frozenset[str]:
    """The symbols in the arithmetic."""
    return frozenset(node.id for node in ast.walk(_parsed(arithmetic)) if isinstance(node, ast.Name))


@cache
def _computation(arithmetic: str) -> Computation:
    return _compiled(_parsed(arithmetic))


def _compiled(node: ast.expr) -> Computation:
    """A function from the symbols' numbers to the value."""
    match node:
        case ast.Constant(value=int(number)):
            return lambda values: number
        case ast.Name(id=name):
            return lambda values: int(values[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = _compiled(operand)
            return lambda values: -positive(values)
        case ast.Call(func=ast.Name(id=name), args=[ast.BinOp(left=left, op=ast.Div(), right=right)]):
            return _joined(_FUNCTIONS[name], left, right)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _joined(_OPERATORS[type(op)], left, right)
    raise ValueError(f"a formula has no {type(node).__name__}")


def _joined(joins: Callable[[int, int], int], left: ast.expr, right: ast.expr) -> Computation:
    first, second = _compiled(left), _compiled(right)
    return lambda values: joins(first(values), second(values))


@cache
def _in_symbols(arithmetic: str, form: Form) -> str:
    return _written(_parsed(arithmetic), form, numbers=False)


@cache
def _with_slots(arithmetic: str, form: Form) -> str:
    """The formula with a slot of ``%`` formatting for each number: networks repeat few formulas many times."""
    return _written(_parsed(arithmetic), form, numbers=True)


def _written(node: ast.expr, form: Form, *, numbers: bool, tight: bool = False, outer: int = _SUM) -> str:
    """The formula, in symbols or with slots for `numbers`; `tight` within a quotient."""

    def part(node: ast.expr, tight: bool = tight, outer: int = _SUM) -> str:
        return _written(node, form, numbers=numbers, tight=tight, outer=outer)

    match node:
        case ast.Constant(value=number):
            return str(number)
        case ast.Name(id=name):
            if numbers:
                return f"%({name})s"
            return _symbol(name) if form == "latex" else name
        case ast.UnaryOp(operand=operand):
            return f"-{part(operand, outer=_ATOM)}"
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            opening, closing = _BRACKETS[name] if form == "latex" else (f"{name}(", ")")
            return f"{opening}{part(argument, tight=True)}{closing}"
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.Div) and form == "latex":
                return rf"\frac{{{part(left, tight=False)}}}{{{part(right, tight=False)}}}"
            own = _SUM if isinstance(op, (ast.Add, ast.Sub)) else _PRODUCT
            # A difference or a quotient on the right keeps its brackets: a - (b - c).
            after = own if isinstance(op, (ast.Add, ast.Mult)) else own + 1
            text = part(left, outer=own) + _sign(op, numbers, form, tight) + part(right, outer=after)
            if own >= outer:
                return text
            return rf"\left({text}\right)" if form == "latex" else f"({text})"
    raise ValueError(f"a formula has no {type(node).__name__}")


def _in_front(text: str) -> str:
    """The formula at the start of a term: a negative number needs no brackets there."""
    return re.sub(r"^\((-\d+)\)", r"\1", text) if text.startswith("(") else text


def _sign(op: ast.operator, numbers: bool, form: Form, tight: bool) -> str:
    if isinstance(op, ast.Add):
        return " + "
    if isinstance(op, ast.Sub):
        return " - "
    if isinstance(op, ast.Div):
        return "/"
    if form == "latex":
        return r" \times " if numbers else r" \, "
    return "*" if tight else " x "


def _symbol(name: str) -> str:
    """A symbol such as ``C_in`` in LaTeX; a word stands upright."""
    base, *below = name.split("_")
    head = base if len(base) == 1 else rf"\text{{{base}}}"
    return head + (rf"_{{\text{{{' '.join(below)}}}}}" if below else "")
