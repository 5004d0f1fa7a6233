"""The use of names in a class: sequences that it passes on whole, and results that nothing reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from netspec import expr as e
from netspec.expr import Expr
from netspec.program import Call
from netspec.program.building import Instance, Keep, Loop
from netspec.program.classes import ClassDef
from netspec.program.forward import (
    Assign,
    CallFunction,
    CallModule,
    Expand,
    ForChildren,
    ForCount,
    Forward,
    Join,
    Only,
    Operation,
    Return,
    When,
)
from netspec.program.names import Identifier
from netspec.program.rewrite import parts

NOBODY = Identifier("_")
"""The variable that takes an unread result."""

Use = tuple[str, int]
"""A variable, and the depth of the used item in it: ``("ks", 1)`` for ``ks[0]``."""


def passed_whole(tree: Any, classes: Iterable[ClassDef]) -> set[Use]:
    """Sequences that statements pass on whole to a call, which takes tuples of a fixed length."""
    takes = {(each.name, formal.name): formal.type for each in classes for formal in each.formals}
    found: set[Use] = set()
    loops: list[Loop] = []
    for part in parts(tree, whole=Expr):
        match part:
            case Call(args=args, kwargs=kwargs):
                found.update(use for value in (*args, *kwargs.values()) for use in _uses(value))
            case Instance(cls, arguments):
                whole = (value for name, value in arguments if takes[cls, name].startswith("tuple["))
                found.update(use for value in whole for use in _uses(value))
            case Keep(value=value):
                found.update(_uses(value))
            case Loop():
                loops.append(part)
    for loop in reversed(loops):  # innermost first
        around = [(name, depth + 1) for name, depth in _uses(loop.values)]
        if len(loop.targets) == 1:
            below = [depth for name, depth in found if name == loop.targets[0]]
            found.update((name, depth + more) for name, depth in around for more in below)
    return found


def _uses(value: Any) -> Iterator[Use]:
    """The variables whose values, or whose items' values, form a value."""
    match value:
        case e.Name(id):
            yield id, 0
        case e.Index(inner, _):
            yield from ((name, depth + 1) for name, depth in _uses(inner))
        case e.Conditional(_, then, otherwise):
            yield from _uses(then)
            yield from _uses(otherwise)
        case tuple() | list():
            yield from (use for each in value for use in _uses(each))


def without_unread(statements: Sequence[Forward]) -> tuple[Forward, ...]:
    """A forward pass in which unread ones among several results go to no variable."""
    return _pruned(statements, set())[0]


def _pruned(statements: Sequence[Forward], live: set[str]) -> tuple[tuple[Forward, ...], set[str]]:
    """Statements without unread results, and the earlier variables that they read; `live` is read after them."""
    kept: list[Forward] = []
    for statement in reversed(statements):
        match statement:
            case Assign(targets, value):
                if len(targets) > 1:
                    statement = replace(statement, targets=tuple(t if t in live else NOBODY for t in targets))
                live = (live - set(targets)) | set(_reads(value))
            case When(body=body):
                body, before = _pruned(body, live)
                statement, live = replace(statement, body=body), live | before
            case ForChildren(body=body) | ForCount(body=body):
                # A round may read variables that the round before it made.
                body, before = _pruned(body, live | _pruned(body, live)[1])
                statement, live = replace(statement, body=body), live | before
            case Return(values):
                live = set(values)
        kept.append(statement)
    return tuple(reversed(kept)), live


def _reads(value: Operation) -> Iterator[str]:
    match value:
        case str():
            yield value
        case CallModule(_, arguments):
            yield from arguments
        case CallFunction(_, arguments):
            for each in arguments:
                yield from _reads(each)
        case Only(call):
            yield from _reads(call)
        case Expand(like=like):
            yield like
        case Join(variable=variable):
            yield variable
