"""Sums in which one unknown term makes the whole unknown."""

from collections.abc import Iterable


def total(terms: Iterable[int | None]) -> int | None:
    """The sum of `terms`; None as soon as one of them is None."""
    result = 0
    for term in terms:
        if term is None:
            return None
        result += term
    return result


def times(left: int | None, right: int | None) -> int | None:
    """The product; None where either is None."""
    return None if left is None or right is None else left * right
