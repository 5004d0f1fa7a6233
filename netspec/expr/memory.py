"""Bounded caches of what is computed from expressions, which are immutable."""

from __future__ import annotations

from contextlib import suppress
from typing import Generic, TypeVar

from netspec.expr.nodes import Expr, Name, alike, children

T = TypeVar("T")


class Memory(Generic[T]):
    """A cache with one result for all identical expressions.

    It keeps its expressions alive, and is emptied where there would be more than `MOST`.
    """

    MOST = 2048

    def __init__(self) -> None:
        self._found: dict[Expr, tuple[Expr, T]] = {}

    def recall(self, expr: Expr) -> T | None:
        """The result for an expression; None where there is none."""
        try:
            known = self._found.get(expr)
        except TypeError:  # a literal in it has no hash
            return None
        return known[1] if known is not None and alike(known[0], expr) else None

    def keep(self, expr: Expr, found: T) -> T:
        """Store the result for an expression, and return it."""
        if len(self._found) >= self.MOST:
            self._found.clear()
        with suppress(TypeError):
            self._found[expr] = expr, found
        return found


MOST_NODES = 256
"""The largest number of nodes of an expression that is carried on; repeated squaring doubles them each time."""

_SIZES: Memory[tuple[int, int]] = Memory()


def size(expr: Expr) -> tuple[int, int]:
    """The number of nodes of an expression, and of the variables among them; shared ones counted each time."""
    found = _SIZES.recall(expr)
    if found is None:
        parts = [size(part) for part in children(expr)]
        own = isinstance(expr, Name)
        found = _SIZES.keep(expr, (1 + sum(n for n, _ in parts), own + sum(n for _, n in parts)))
    return found


def is_small(expr: Expr) -> bool:
    """Whether an expression has at most `MOST_NODES` nodes."""
    return size(expr)[0] <= MOST_NODES
