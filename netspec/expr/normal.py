"""A normal form of integer expressions, which shows equality of two expressions and bounds of one.

The form is a sum of products with integer coefficients, whose factors are *atoms*: names, quotients rounded down, and
expressions without such a form. ``x % m`` is ``x - m * (x // m)``; multiples of the divisor are taken out of a
quotient, and a quotient of a quotient is one quotient: ``(s // 2 + 3) // 2`` is ``(s + 6) // 4``.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from math import inf
from typing import Any

from netspec.expr.memory import Memory
from netspec.expr.nodes import Binary, Compare, Expr, Literal, Logic, Name, Negative, Not, is_truth, is_whole

Atom = tuple[Hashable, ...]
Terms = dict[tuple[Atom, ...], int]
"""Coefficients by product of sorted atoms; that of ``()`` is the constant."""

Bounds = tuple[float | Fraction, float | Fraction]
"""The least and the greatest value, infinite if there is none."""

_ORDERED = ("==", "!=", "<", "<=", ">", ">=")

LARGEST = 64
"""The largest number of terms in sums that are multiplied out; larger products stay products."""


def is_settled(expr: Expr, least: Mapping[str, int]) -> bool:
    """Whether a condition has the same outcome for all variables of at least these values, and all other variables.

    Args:
        expr: A condition.
        least: Integer variables, with their least values.
    """
    match expr:
        case Literal():
            return True
        case Not(value):
            return is_settled(value, least)
        case Logic(_, values):
            return all(is_settled(value, least) for value in values)
        case Compare(first, rest):
            lefts = (first, *(right for _, right in rest))
            return all(_is_compared(left, op, right, least) for left, (op, right) in zip(lefts, rest, strict=False))
    return False


def _is_compared(left: Expr, op: str, right: Expr, least: Mapping[str, int]) -> bool:
    if not (is_whole(left) and is_whole(right)):
        if op in ("==", "!=") and _is_of_another_kind(left, right):
            return True
        return op in _ORDERED and key(left) == key(right)
    low, high = _bounds(_sum(terms(left), _scaled(terms(right), -1)), least)
    match op:
        case "==" | "!=":
            return low == high == 0 or low > 0 or high < 0
        case "<" | ">=":
            return high < 0 or low >= 0
        case "<=" | ">":
            return high <= 0 or low > 0
    return False


def _is_of_another_kind(one: Expr, other: Expr) -> bool:
    """Whether a number or a truth value is compared with a text or None."""
    return (is_whole(one) or is_truth(one)) and isinstance(other, Literal) and isinstance(other.value, str | None)


_KEYS: Memory[Hashable] = Memory()
_TERMS: Memory[Terms] = Memory()


def key(expr: Expr) -> Hashable:
    """A key that equal expressions share, as far as arithmetic shows their equality."""
    found = _KEYS.recall(expr)
    return _KEYS.keep(expr, _frozen(terms(expr)) if is_whole(expr) else _atom(expr)) if found is None else found


def _frozen(found: Terms) -> frozenset[tuple[tuple[Atom, ...], int]]:
    return frozenset(found.items())


def _atom(expr: Expr) -> Atom:
    match expr:
        case Name(id):
            return ("name", id)
        case Literal(value):
            return ("literal", type(value).__name__, value)
    return (type(expr).__name__, *(_part(getattr(expr, name)) for name in type(expr).__slots__))


def _part(part: Any) -> Hashable:
    return key(part) if isinstance(part, Expr) else tuple(map(_part, part)) if isinstance(part, tuple) else part


def terms(expr: Expr) -> Terms:
    """An integer expression as a sum of products."""
    found = _TERMS.recall(expr)
    return _TERMS.keep(expr, _terms(expr)) if found is None else found


def _terms(expr: Expr) -> Terms:
    match expr:
        case Literal(int(value)):
            return {(): value} if value else {}
        case Negative(value):
            return _scaled(terms(value), -1)
        case Binary("+", left, right):
            return _sum(terms(left), terms(right))
        case Binary("-", left, right):
            return _sum(terms(left), _scaled(terms(right), -1))
        case Binary("*", left, right):
            one, other = terms(left), terms(right)
            if len(one) * len(other) <= LARGEST:
                return _product(one, other)
        case Binary("//", left, Literal(int(divisor))) if divisor > 0:
            return _quotient(terms(left), divisor)
        case Binary("%", left, Literal(int(divisor))) if divisor > 0:
            whole = terms(left)
            return _sum(whole, _scaled(_quotient(whole, divisor), -divisor))
    return {(_atom(expr),): 1}


def _sum(one: Terms, other: Terms) -> Terms:
    found = dict(one)
    for factors, coefficient in other.items():
        found[factors] = found.get(factors, 0) + coefficient
    return {factors: coefficient for factors, coefficient in found.items() if coefficient}


def _scaled(found: Terms, by: int) -> Terms:
    return {factors: by * coefficient for factors, coefficient in found.items()}


def _product(one: Terms, other: Terms) -> Terms:
    found: Terms = {}
    for factors, coefficient in one.items():
        found = _sum(found, {_joined(factors, others): coefficient * c for others, c in other.items()})
    return found


def _joined(one: tuple[Atom, ...], other: tuple[Atom, ...]) -> tuple[Atom, ...]:
    return tuple(sorted((*one, *other), key=repr)) if one and other else one or other


def _quotient(whole: Terms, divisor: int) -> Terms:
    """A sum divided by a positive number and rounded down."""
    taken = {factors: coefficient // divisor for factors, coefficient in whole.items()}
    left = {factors: c for factors, coefficient in whole.items() if (c := coefficient % divisor)}
    match [factors for factors in left if factors]:
        case []:
            left = {}  # the remainder of a constant is less than the divisor
        case [(("//", inner, int(by)),) as only] if left[only] == 1:
            left = _sum(dict(inner), {(): by * left.get((), 0)})  # type: ignore[call-overload]
            return _sum(_sum({}, taken), _quotient(left, by * divisor))
    made: Terms = {(("//", _frozen(left), divisor),): 1} if left else {}
    return _sum(_sum({}, taken), made)


def _bounds(found: Terms, least: Mapping[str, int]) -> Bounds:
    """The bounds of a sum: quotients are expanded, so that their common terms with others cancel."""
    linear: dict[tuple[Atom, ...], Fraction] = {}
    low = high = Fraction(0)
    pending = [(factors, Fraction(coefficient)) for factors, coefficient in found.items()]
    while pending:
        factors, coefficient = pending.pop()
        match factors:
            case (("//", inner, int(divisor)),):
                # x // m is (x - r) / m with a remainder r of 0 to m - 1
                pending += [(more, coefficient * c / divisor) for more, c in inner]  # type: ignore[attr-defined]
                rest = coefficient * Fraction(divisor - 1, divisor)
                low, high = low - max(rest, Fraction(0)), high - min(rest, Fraction(0))
            case ():
                low, high = low + coefficient, high + coefficient
            case _:
                linear[factors] = linear.get(factors, Fraction(0)) + coefficient
    ends: Bounds = low, high
    for factors, coefficient in linear.items():
        if coefficient:
            of = _of_product(factors, least)
            scaled = sorted((coefficient * of[0], coefficient * of[1]))
            ends = ends[0] + scaled[0], ends[1] + scaled[1]
    return ends


def _of_product(factors: tuple[Atom, ...], least: Mapping[str, int]) -> Bounds:
    found: Bounds = (1, 1)
    for atom in factors:
        low, high = _of_atom(atom, least)
        if low < 0 or found[0] < 0:
            return -inf, inf
        found = found[0] * low, found[1] * high if high else 0
    return found


def _of_atom(atom: Atom, least: Mapping[str, int]) -> Bounds:
    match atom:
        case ("name", str(name)) if name in least:
            return least[name], inf
        case ("//", inner, int(divisor)):
            return tuple(end if abs(end) == inf else end // divisor for end in _bounds(dict(inner), least))  # type: ignore
    return -inf, inf
