"""Arithmetic of integers in its shortest form: like terms and constant factors are collected.

``out + out + out`` is ``3 * out``, ``2 * (2 * width)`` is ``4 * width``, ``8 * width // 8`` is ``width``,
``x // 2 // 2`` is ``x // 4``. Of integers
alone: the order of additions makes a difference to floats, and `*` repeats sequences. What does not become shorter
stays as it was written.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from netspec.expr.nodes import Binary, Expr, Literal, Name, Negative, children, is_whole

Term = tuple[int, tuple[Expr, ...]]
"""A coefficient, and the factors beside it in their order."""

LARGEST = 2**62
"""Coefficients beyond this are left where they were."""


def shortened(expr: Expr) -> Expr:
    """A shorter expression of the same value; the expression itself where there is none, or it is no integer's."""
    match expr:
        case Binary("+" | "-" | "*" | "//" | "%") | Negative() if is_whole(expr):
            made = _sum(_collected(_divided(expr)))
        case _:
            return expr
    return made if made is not None and _length(made) < _length(expr) else expr


def _divided(expr: Expr) -> list[Term]:
    """The terms of an expression whose outermost operation may divide by what divides all of them, or a quotient."""
    match expr:
        case Binary("//" | "%" as op, left, Literal(divisor)) if divisor:
            terms = _collected(_terms(left))
            if all(coefficient % divisor == 0 for coefficient, _ in terms):
                return [(coefficient // divisor, factors) for coefficient, factors in terms] if op == "//" else []
            match [term for term in terms if term[1]]:
                case [(1, (Binary("//", inner, Literal(int(by))),))] if op == "//" and by > 0 and divisor > 0:
                    more = by * sum(coefficient for coefficient, factors in terms if not factors)
                    whole = _sum(_collected([*_terms(inner), (more, ())]))
                    return _terms(expr) if whole is None else [(1, (Binary("//", whole, Literal(by * divisor)),))]
    return _terms(expr)


def _terms(expr: Expr) -> list[Term]:
    """The terms that an expression is the sum of."""
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


def _product(expr: Expr) -> Term:
    """An expression as one term; a sum of several is a factor of it."""
    terms = _collected(_terms(expr))
    return terms[0] if len(terms) == 1 else (1, (expr,)) if terms else (0, ())


def _negated(terms: list[Term]) -> list[Term]:
    return [(-coefficient, factors) for coefficient, factors in terms]


def _collected(terms: list[Term]) -> list[Term]:
    """Terms of which no two have the same factors, each where its first one was."""
    found: dict[Hashable, Term] = {}
    for coefficient, factors in terms:
        key = tuple(sorted(map(repr, factors)))  # to `==`, 1 and True are one
        before, first = found.get(key, (0, factors))
        found[key] = before + coefficient, first
    return [term for term in found.values() if term[0]]


def _sum(terms: list[Term]) -> Expr | None:
    """The sum of terms, a positive one first where there is one; None where a number would be too large."""
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


def _length(expr: Expr) -> tuple[int, int]:
    """How long an expression reads: its parts, and the variables among them."""
    parts = list(_parts(expr))
    return len(parts), sum(isinstance(part, Name) for part in parts)


def _parts(expr: Expr) -> Iterator[Expr]:
    pending = [expr]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(children(here))
