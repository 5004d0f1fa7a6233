"""Trees of statements and constructs: the names that they read, and replacement of names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.program.building import Loop


def names_in(tree: Any) -> set[str]:
    """Every name that the expressions of a tree of statements or constructs read."""
    if isinstance(tree, Expr):
        return e.names(tree)
    if isinstance(tree, (list, tuple)):
        return {name for part in tree for name in names_in(part)}
    if isinstance(tree, dict):
        return names_in(list(tree.values()))
    fields = getattr(tree, "__dataclass_fields__", None)
    return names_in([getattr(tree, field) for field in fields]) if fields else set()


def times_read(tree: Any, name: str) -> int:
    """The number of times that the expressions of a tree of statements or constructs read a variable."""
    if isinstance(tree, e.Name):
        return int(tree.id == name)
    if isinstance(tree, Expr):
        return sum(times_read(part, name) for part in e.children(tree))
    if isinstance(tree, (list, tuple)):
        return sum(times_read(part, name) for part in tree)
    if isinstance(tree, dict):
        return times_read(list(tree.values()), name)
    fields = getattr(tree, "__dataclass_fields__", None)
    return times_read([getattr(tree, field) for field in fields], name) if fields else 0


def carried_in(tree: Any) -> set[str]:
    """Variables that loops in a tree of statements or constructs carry from round to round."""
    if isinstance(tree, (list, tuple)):
        return {name for part in tree for name in carried_in(part)}
    if isinstance(tree, Loop):
        return {name for name, _, _ in tree.carried}
    fields = getattr(tree, "__dataclass_fields__", None)
    return carried_in([getattr(tree, field) for field in fields]) if fields else set()


def rewritten(tree: Any, bindings: Mapping[str, Expr]) -> Any:
    """A tree with names in its expressions replaced."""
    if not bindings:
        return tree
    if isinstance(tree, Expr):
        return e.substitute(tree, bindings)
    if isinstance(tree, (list, tuple)):
        return type(tree)(rewritten(part, bindings) for part in tree)
    if isinstance(tree, dict):
        return {key: rewritten(part, bindings) for key, part in tree.items()}
    fields = getattr(tree, "__dataclass_fields__", None)
    if not fields:
        return tree
    return type(tree)(**{field: rewritten(getattr(tree, field), bindings) for field in fields})
