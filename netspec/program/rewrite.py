"""Trees of statements and constructs: their parts, the names that they read, and replacement of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.program.building import Loop
from netspec.program.calls import Call


def parts(tree: Any, *, whole: type | tuple[type, ...] = ()) -> Iterator[Any]:
    """Every object in a tree of statements, constructs and expressions, and every text, keys of mappings included.

    Args:
        tree: Such a tree, or a list, tuple or dict of them.
        whole: Types of objects whose own parts are left out.
    """
    pending = [tree]
    while pending:
        here = pending.pop()
        if isinstance(here, (tuple, list)):
            pending.extend(here)
        elif isinstance(here, dict):
            pending.extend((*here, *here.values()))
        elif isinstance(here, str):
            yield here
        elif (names := _field_names(type(here))) is not None:
            yield here
            if not isinstance(here, whole):
                pending.extend([getattr(here, name) for name in names])


def _field_names(cls: type) -> tuple[str, ...] | None:
    """The names of a dataclass's fields, which every part of every tree is asked for; None for another class."""
    if cls not in _NAMES:
        _NAMES[cls] = tuple(each.name for each in fields(cls)) if is_dataclass(cls) else None
    return _NAMES[cls]


_NAMES: dict[type, tuple[str, ...] | None] = {}


def names_in(tree: Any) -> set[str]:
    """Every name that the expressions of a tree of statements or constructs read."""
    return {name for part in parts(tree, whole=Expr) if isinstance(part, Expr) for name in e.names(part)}


def times_read(tree: Any, name: str) -> int:
    """The number of times that the expressions of a tree of statements or constructs read a variable."""
    return sum(isinstance(part, e.Name) and part.id == name for part in parts(tree))


def carried_in(tree: Any) -> set[str]:
    """Variables that loops in a tree of statements or constructs carry from round to round."""
    loops = (part for part in parts(tree, whole=Expr) if isinstance(part, Loop))
    return {name for loop in loops for name, _, _ in loop.carried}


def calls_in(tree: Any) -> Iterator[Call]:
    """Every call of a class or function in a tree of classes, statements or constructs."""
    return (part for part in parts(tree, whole=Expr) if isinstance(part, Call))


def rewritten(tree: Any, bindings: Mapping[str, Expr]) -> Any:
    """A tree with names in its expressions replaced."""
    return changed(tree, lambda expr: e.substitute(expr, bindings)) if bindings else tree


def changed(tree: Any, change: Callable[[Expr], Any]) -> Any:
    """A tree of statements, constructs or arguments whose expressions are changed."""
    if isinstance(tree, Expr):
        return change(tree)
    if isinstance(tree, (list, tuple)):
        return type(tree)(changed(part, change) for part in tree)
    if isinstance(tree, dict):
        return {key: changed(part, change) for key, part in tree.items()}
    names = _field_names(type(tree))
    return tree if names is None else type(tree)(*(changed(getattr(tree, name), change) for name in names))
