"""Arithmetic of integers in its shortest form: like terms and constant factors are collected.

``out + out + out`` is ``3 * out``, ``2 * (2 * width)`` is ``4 * width``, ``8 * width // 8`` is ``width``,
``x // 2 // 2`` is ``x // 4``, ``(4 * width + 3) // 4`` is ``width``. This applies
only to integers: the order of additions matters for floats, and `*` repeats sequences. Expressions that would not
become shorter stay unchanged.
"""

from __future__ import annotations

from collections.abc import Hashable

from netspec.expr.memory import size
from netspec.expr.nodes import Binary, Expr, Literal, Negative, is_whole

Term = tuple[int, tuple[Expr, ...]]
"""A coefficient, and its factors in order."""

LARGEST = 2**62
"""The largest coefficient that is collected; larger ones stay in place."""


def shortened(expr: Expr) -> Expr:
    """A shorter expression of the same value; the expression itself if there is none, or its value is no integer."""
    match expr:
        case Binary("+" | "-" | "*" | "//" | "%") | Negative() if is_whole(expr):
            made = _sum(_collected(_divided(expr)))
        case _:
            return expr
    return made if made is not None and size(made) < size(expr) else expr


def _divided(expr: Expr) -> list[Term]:
    """The terms of an expression; an outermost division is resolved if it divides all but a number, or a lone quotient.

    ``(d k + c) // d`` is ``k + c // d`` for all integers, and ``(d k + c) % d`` is ``c % d``, since both round down.
    """
    match expr:
        case Binary("//" | "%" as op, left, Literal(divisor)) if divisor:
            terms = collected(left)
            rest = sum(coefficient for coefficient, factors in terms if not factors)
            if all(coefficient % divisor == 0 for coefficient, factors in terms if factors):
                whole = [(coefficient // divisor, factors) for coefficient, factors in terms if factors]
                return [*whole, (rest // divisor, ())] if op == "//" else [(rest % divisor, ())]
            match [term for term in terms if term[1]]:
                case [(1, (Binary("//", inner, Literal(int(by))),))] if op == "//" and by > 0 and divisor > 0:
                    made = _sum(_collected([*_terms(inner), (by * rest, ())]))
                    return _terms(expr) if made is None else [(1, (Binary("//", made, Literal(by * divisor)),))]
    return _terms(expr)


def _terms(expr: Expr) -> list[Term]:
    """The terms whose sum is an expression."""
    match expr:
        case Literal(int(value)):
            return [(value, ())]
        case Negative(value):
            return _negated(_terms(value))
        case Binary("+", left, right):
            return [*_terms(left), *_terms(right)]
        case Binary("-", left, right):
            return [*_terms(left), *_negated(_terms(right))]
        case Binary("*", left, right):
            one, other = _product(left), _product(right)
            return [(one[0] * other[0], (*one[1], *other[1]))]
    return [(1, (expr,))]


def collected(expr: Expr) -> list[Term]:
    """The terms whose sum is an expression, like terms combined."""
    return _collected(_terms(expr))


def _product(expr: Expr) -> Term:
    """An expression as one term; a sum of several terms becomes a factor."""
    terms = collected(expr)
    return terms[0] if len(terms) == 1 else (1, (expr,)) if terms else (0, ())


def _negated(terms: list[Term]) -> list[Term]:
    return [(-coefficient, factors) for coefficient, factors in terms]


def _collected(terms: list[Term]) -> list[Term]:
    """Terms with like terms combined, each at the place of its first occurrence."""
    if len({sum(map(hash, factors)) for _, factors in terms}) == len(terms):
        return [term for term in terms if term[0]]
    found: dict[Hashable, Term] = {}
    for coefficient, factors in terms:
        key = tuple(sorted(map(repr, factors)))  # `==` does not distinguish 1 and True
        before, first = found.get(key, (0, factors))
        found[key] = before + coefficient, first
    return [term for term in found.values() if term[0]]


def _sum(terms: list[Term]) -> Expr | None:
    """The sum of terms, with a positive one first if there is one; None if a number would be too large."""
    if any(abs(coefficient) > LARGEST for coefficient, _ in terms):
        return None
    if not terms:
        return Literal(0)
    first = next((n for n, (coefficient, _) in enumerate(terms) if coefficient > 0), 0)
    made = _term(*terms[first])
    for coefficient, factors in (*terms[:first], *terms[first + 1 :]):
        made = Binary("+" if coefficient > 0 else "-", made, _term(abs(coefficient), factors))
    return made


def _term(coefficient: int, factors: tuple[Expr, ...]) -> Expr:
    if not factors:
        return Literal(coefficient)
    if coefficient == -1:
        return Negative(_term(1, factors))
    made, *others = factors if coefficient == 1 else (Literal(coefficient), *factors)
    for factor in others:
        made = Binary("*", made, factor)
    return made
