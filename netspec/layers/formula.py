"""Formulas with their symbols, and with the numbers put in.

A formula is an expression that symbols recorded (`netspec.expr.symbols`) while a rule ran: text, LaTeX and value are
of the rule itself. It is arranged as textbooks write it: like factors in front of a sum, constants last, and a quotient
rounded up where the rule adds ``s - 1`` before it divides by ``s``.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import reduce
from math import gcd, prod
from typing import Literal as OneOf

from netspec.expr.arithmetic import Term, collected
from netspec.expr.evaluation import evaluate
from netspec.expr.identifiers import Identifier
from netspec.expr.meter import ExpressionError
from netspec.expr.nodes import Apply, Binary, Expr, Literal, Name, Negative, names
from netspec.expr.symbols import SymInt, expr_of
from netspec.objects.immutable import immutable

Form = OneOf["text", "latex"]

_BRACKETS = {"floor": (r"\left\lfloor ", r" \right\rfloor"), "ceil": (r"\left\lceil ", r" \right\rceil")}
_SUM, _PRODUCT = range(2)
_MOST_TERMS = 100
"""Terms of a sum that are still read one by one."""
_MOST_SYMBOLS = 8
"""Symbols of a formula that are still read beside their numbers."""


@immutable
class Formula:
    """A figure and the arithmetic that gives it.

    Attributes:
        name: The figure: ``height``, ``params``, ``macs``, ...
        value: Its value.
        expr: Sums, differences, products, exact quotients, and ``floor`` and ``ceil`` of a quotient; None for a number.
        values: A number for each symbol.
    """

    name: str
    value: int
    expr: Expr | None = None
    values: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def recorded(cls, name: str, value: int, values: Mapping[str, int]) -> "Formula":
        """The formula that a symbolic number carries; `values` has a number for each symbol, and may have more."""
        expr, number = expr_of(value), int.__int__(value)
        try:
            arranged = _arranged(expr, values)
        except _Unwritable:
            return cls(name, number)
        used = names(arranged)
        return cls(name, number, arranged, {symbol: each for symbol, each in values.items() if symbol in used})

    @classmethod
    def sum_of(cls, name: str, terms: Sequence[Sequence[int]]) -> "Formula":
        """A sum of products of numbers; for very many, the multiples of each product, or the total."""
        products = [_multiplied([Literal(factor) for factor in term]) for term in terms]
        amounts = Counter(map(prod, terms))
        total = sum(amounts.elements())
        if len(products) > _MOST_TERMS:
            products = [_multiplied([Literal(times), Literal(amount)]) for amount, times in amounts.items()]
        return cls(name, total, reduce(_added, products) if len(products) <= _MOST_TERMS else None)

    def times(self, symbol: str, number: int) -> "Formula":
        """So many times the figure."""
        once = self.expr if self.expr is not None else Literal(self.value)
        return Formula(
            self.name, number * self.value, _multiplied([once, named(symbol)]), {**self.values, symbol: number}
        )

    @property
    def symbols(self) -> str | None:
        """``floor((H + 2*p - k)/s) + 1``; None where there are none, or too many to read."""
        return _written(self.expr, "text") if self._has_symbols and self.expr else None

    @property
    def numbers(self) -> str | None:
        """``floor((28 + 2*2 - 5)/1) + 1``; None for a number alone."""
        return self._in_numbers("text")

    @property
    def latex(self) -> str:
        """Symbols, numbers and value, equal signs between, for LaTeX's mathematical mode."""
        parts = [_written(self.expr, "latex")] if self._has_symbols and self.expr else []
        numbers = self._in_numbers("latex")
        return " = ".join([*parts, *([numbers] if numbers else []), _told(self.value, "latex")])

    @property
    def _has_symbols(self) -> bool:
        return 0 < len(self.values) <= _MOST_SYMBOLS

    def _in_numbers(self, form: Form) -> str | None:
        if self.expr is None:
            return None
        numbers = {symbol: _told(n, form) if n >= 0 else f"({_told(n, form)})" for symbol, n in self.values.items()}
        text = _written(self.expr, form, numbers)
        return re.sub(r"^\((-[\d,{}]+)\)", r"\1", text)  # a negative number needs no brackets at the start


def named(name: str) -> Name:
    """A whole number's symbol."""
    return Name(Identifier(name), "whole")


class Symbols(dict[str, int]):
    """The numbers of symbols by their names."""

    def symbol(self, name: str, number: int) -> int:
        """A new symbol for a number, which may be a symbol of another meaning."""
        self[name] = plain = int.__int__(number)
        return SymInt(plain, named(name))

    def formula(self, name: str, value: int) -> Formula:
        """The formula that a number made of the symbols carries."""
        return Formula.recorded(name, value, self)


class _Unwritable(Exception):
    """An expression is a number alone, or has parts that a formula has not."""


def _added(one: Expr, other: Expr) -> Expr:
    return Binary("+", one, other)


def _multiplied(factors: Sequence[Expr]) -> Expr:
    return reduce(lambda one, other: Binary("*", one, other), factors)


def _arranged(expr: Expr, values: Mapping[str, int]) -> Expr:
    """An expression as textbooks write it. Raises `_Unwritable`."""
    if not names(expr):
        raise _Unwritable
    return _sum(collected(expr), values)


def _sum(terms: list[Term], values: Mapping[str, int]) -> Expr:
    """The sum of terms: what they share stands in front of it, constants come last."""
    if not terms:
        return Literal(0)
    terms = [_rounded_up(*term) for term in terms]
    terms = sorted(terms, key=lambda term: not term[1])
    first = next((term for term in terms if term[0] > 0), terms[0])
    terms = [first, *(term for term in terms if term is not first)]
    common, shared = _common(terms)
    if len(terms) == 1 or (common, shared) == (1, ()):
        found = _product(*first, values)
        for coefficient, factors in terms[1:]:
            found = Binary("+" if coefficient > 0 else "-", found, _product(abs(coefficient), factors, values))
        return found
    rest = [(coefficient // common, _without(factors, shared)) for coefficient, factors in terms]
    return _multiplied([_product(common, shared, values), _sum(rest, values)])


def _rounded_up(coefficient: int, factors: tuple[Expr, ...]) -> Term:
    """A term without quotients of what is below zero: ``-floor(-a/b)`` is ``ceil(a/b)``."""
    found: list[Expr] = []
    for each in factors:
        if isinstance(each, Binary) and each.op == "//" and all(number < 0 for number, _ in collected(each.left)):
            coefficient, each = -coefficient, Apply("ceil", (Binary("/", Negative(each.left), each.right),))
        found.append(each)
    return coefficient, tuple(found)


def _common(terms: list[Term]) -> Term:
    """The factors of all terms."""
    shared: tuple[Expr, ...] = terms[0][1]
    for _, factors in terms[1:]:
        missing = Counter(shared) - Counter(factors)
        shared = _without(shared, tuple(missing.elements()))
    return gcd(*(coefficient for coefficient, _ in terms)), shared


def _without(factors: tuple[Expr, ...], left_out: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The factors but those left out, the last of equal ones first."""
    remaining = list(reversed(factors))
    for each in left_out:
        remaining.remove(each)
    return tuple(reversed(remaining))


def _product(coefficient: int, factors: tuple[Expr, ...], values: Mapping[str, int]) -> Expr:
    if coefficient < 0:
        return Negative(_product(-coefficient, factors, values))
    written = [_factor(each, values) for each in factors]
    return _multiplied(written if coefficient == 1 and written else [Literal(coefficient), *written])


def _factor(expr: Expr, values: Mapping[str, int]) -> Expr:
    match expr:
        case Name():
            return expr
        case Binary("+" | "-"):
            return _sum(collected(expr), values)
        case Binary("//", left, right):
            return _quotient(collected(left), right, values)
        case Apply("ceil", (Binary("/", left, right),)):
            return _divided("ceil", collected(left), right, values)
        case Binary("%", left, right):
            return Binary("%", _sum(collected(left), values), _sum(collected(right), values))
    raise _Unwritable


def _quotient(terms: list[Term], by: Expr, values: Mapping[str, int]) -> Expr:
    """A quotient rounded down, or up where the divisor less one was added; a product's that is whole is not rounded."""
    constant = sum(coefficient for coefficient, factors in terms if not factors)
    rounding = "floor"
    if constant < 0 and (1, (by,)) in terms:
        terms = [term for term in terms if term[1] not in ((), (by,))] + [(constant + 1, ())] * (constant != -1)
        rounding = "ceil"
    return _divided(rounding, terms, by, values)


def _divided(rounding: str, terms: list[Term], by: Expr, values: Mapping[str, int]) -> Expr:
    divided = Binary("/", _sum(terms, values), _sum(collected(by), values))
    return divided if len(terms) == 1 and _is_exact(divided, values) else Apply(rounding, (divided,))


def _is_exact(quotient: Expr, values: Mapping[str, int]) -> bool:
    try:
        return bool(evaluate(quotient, values).is_integer())
    except ExpressionError:  # the numbers are too large to tell
        return False


def _written(
    expr: Expr, form: Form, numbers: Mapping[str, str] | None = None, *, tight: bool = False, outer: int = _SUM
) -> str:
    """The formula in symbols, or in `numbers`; `tight` within a quotient."""

    def part(expr: Expr, tight: bool = tight, outer: int = _SUM) -> str:
        return _written(expr, form, numbers, tight=tight, outer=outer)

    match expr:
        case Literal(value):
            return _told(value, form)
        case Name(id):
            return numbers[id] if numbers is not None else _symbol(id) if form == "latex" else id
        case Negative(value):
            return f"-{part(value, outer=_PRODUCT)}"
        case Apply(name, (argument,)):
            opening, closing = _BRACKETS[name] if form == "latex" else (f"{name}(", ")")
            return f"{opening}{part(argument, tight=True)}{closing}"
        case Binary("/", left, right) if form == "latex":
            return rf"\frac{{{part(left, tight=False)}}}{{{part(right, tight=False)}}}"
        case Binary(op, left, right):
            own = _SUM if op in ("+", "-") else _PRODUCT
            # A difference or a quotient on the right keeps its brackets: a - (b - c).
            after = own if op in ("+", "*") else own + 1
            text = part(left, outer=own) + _sign(op, form, tight, numbers is not None) + part(right, outer=after)
            if own >= outer:
                return text
            return rf"\left({text}\right)" if form == "latex" else f"({text})"
    raise TypeError(f"a formula has no {type(expr).__name__}")


def _told(number: int, form: Form) -> str:
    """``1,000``; in LaTeX without the space that it puts behind a comma."""
    return f"{number:,}".replace(",", "{,}" if form == "latex" else ",")


def _sign(op: str, form: Form, tight: bool, numbers: bool) -> str:
    if op == "*" and form == "latex":
        return r" \times " if numbers else r" \, "
    if op == "*":
        return "*" if tight else " x "
    if op == "%":
        return r" \bmod " if form == "latex" else " mod "
    return op if op == "/" else f" {op} "


def _symbol(name: str) -> str:
    """A symbol such as ``C_in`` in LaTeX; a word stands upright."""
    base, *below = name.split("_")
    head = base if len(base) == 1 else rf"\text{{{base}}}"
    return head + (rf"_{{\text{{{' '.join(below)}}}}}" if below else "")
