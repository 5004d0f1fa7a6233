"""Values written in a spec as expressions, with names and shapes renamed for another scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.frontend.written import Written


def lifted(raw: Any, rename: Callable[[Expr], Expr]) -> Expr:
    """A written value as one expression; `rename` is applied to each expression in it.

    Raises:
        BadExpression: A text cannot be read.
    """
    if isinstance(raw, Written):
        if raw.fault is not None:
            raise raw.fault
        if raw.whole is None:
            return e.Format(tuple(p if isinstance(p, str) else rename(p) for p in raw.parts))
        return rename(raw.whole)
    if isinstance(raw, (list, tuple)):
        return e.Items(tuple(lifted(item, rename) for item in raw), tuple=True)
    return e.literal(raw)


def view_of(shape: Sequence[Expr], name: str) -> Expr:
    """A property of a shape whose sizes are expressions; unknown if the shape does not have it."""
    rank = len(shape)
    if name == "shape":
        return e.Items(tuple(shape), tuple=True)
    axis = {
        "channels": 0,
        "height": rank - 2 if rank > 2 else 1,
        "width": max(rank - 1, 1),
        "features": rank - 1,
    }[name]
    return shape[axis] if 0 <= axis < rank else e.Unknown()


def names_read(raw: Any) -> frozenset[str]:
    """The names that the expressions in a written value read, in all texts of a list or a mapping."""
    if isinstance(raw, Written):
        return raw.names
    inner = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, (list, tuple)) else ()
    return frozenset().union(*map(names_read, inner))
