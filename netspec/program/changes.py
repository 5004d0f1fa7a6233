"""What the statements of a Python file change without binding it: ``TABLE["a"] = 1``, ``register(Gate)``.

What a statement calls of its own file is followed. What a call of another's code does is not known: where it stands
alone, it may change what it is called on and all that it is given; where its result is taken, it is taken to change
nothing but by the methods of lists, dicts and sets that do.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import (
    Iterator,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Sequence,
    Set,
)
from dataclasses import dataclass

_MUTABLE = ((MutableSequence, Sequence), (MutableMapping, Mapping), (MutableSet, Set))

_CHANGING = {"sort"}.union(*(set(dir(mutable)) - set(dir(fixed)) for mutable, fixed in _MUTABLE))
"""Methods that change their list, dict or set: `append`, `pop`, `setdefault`, ..."""

_BUILTINS = set(dir(builtins)) - {"getattr", "iter", "max", "min", "next", "reversed", "vars"}

_Code = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class _Inside:
    """What a function changes when it runs.

    Attributes:
        changed: The names whose objects it changes, or that it declares global.
        given: Whether what it is given may be among them.
    """

    changed: frozenset[str]
    given: bool


@dataclass(frozen=True)
class _Owner:
    """A statement that binds names, as far as what may run by them: the names in it, and the functions."""

    names: frozenset[str]
    functions: tuple[_Inside, ...]


def changes(body: Sequence[ast.stmt]) -> list[set[str]]:
    """The names whose objects each statement of a file's top level changes."""
    owners: dict[str, list[_Owner]] = {}
    for statement in body:
        owner = _owner(statement)
        for name in {name for node in _running(statement) for name in _bound(node)}:
            owners.setdefault(name, []).append(owner)
    shared = _shared(body)
    found = []
    for statement in body:
        pending, seen = _changes(statement, owners), set[str]()
        while pending:
            name = pending.pop()
            seen.add(name)
            pending |= shared.get(name, set()) - seen
        found.append(seen)
    return found


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    else:
        yield from _stored(node)


def _owner(statement: ast.stmt) -> _Owner:
    nodes = list(ast.walk(statement))
    return _Owner(
        frozenset(node.id for node in nodes if isinstance(node, ast.Name)),
        tuple(_inside(node) for node in nodes if isinstance(node, _Code)),
    )


def _inside(code: _Code) -> _Inside:
    nodes = list(ast.walk(code))
    changed = {name for node in nodes for name in _changed(node)}
    declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    return _Inside(frozenset(changed | declared), bool(changed & {each.arg for each in _arguments(code.args)}))


def _changes(statement: ast.stmt, owners: Mapping[str, list[_Owner]]) -> set[str]:
    nodes = list(_running(statement))
    found = {name for node in nodes for name in _changed(node)}
    reached = list(_reached(nodes, owners))
    if any(inside.given for inside in reached):  # so one may change whatever it is given
        found |= {name for node in nodes if isinstance(node, ast.Call) for name in _given(node)}
    return found.union(*(inside.changed for inside in reached))


def _shared(body: Sequence[ast.stmt]) -> dict[str, set[str]]:
    """For each name the names whose objects it may have too, or hold: ``also = TABLE``, ``Gate.names = NAMES``."""
    found: dict[str, set[str]] = {}
    for statement in body:
        if isinstance(statement, _Code | ast.ClassDef):
            continue
        bound = {name for node in _running(statement) for name in (*_changed(node), *_stored(node))}
        for name in bound:
            found.setdefault(name, set()).update(_passed(statement))
    return found


def _stored(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id


def _passed(statement: ast.stmt) -> Iterator[str]:
    """The names whose objects a statement may pass on as they are: no sums, no comparisons, nothing of builtins."""
    pending: list[ast.AST] = [statement]
    while pending:
        match node := pending.pop():
            case ast.Name(id=name):
                yield name
            case ast.BinOp() | ast.Compare() | ast.JoinedStr():
                pass
            case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
                pass
            case _ if not isinstance(node, _Code):
                pending += ast.iter_child_nodes(node)


def _running(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement that run with it: all but the bodies of functions."""
    pending: list[ast.AST] = [statement]
    while pending:
        yield (node := pending.pop())
        if isinstance(node, _Code):
            pending += [node.args, *getattr(node, "decorator_list", ())]
        else:
            pending += ast.iter_child_nodes(node)


def _reached(nodes: Sequence[ast.AST], owners: Mapping[str, list[_Owner]]) -> Iterator[_Inside]:
    """The functions of the file that may run with these nodes: those that they name, and those that these name."""
    pending, seen = {node.id for node in nodes if isinstance(node, ast.Name)}, set[str]()
    while pending:
        name = pending.pop()
        seen.add(name)
        for owner in owners.get(name, ()):
            yield from owner.functions
            pending |= owner.names - seen


def _changed(node: ast.AST) -> Iterator[str]:
    """The names whose objects a node changes by itself."""
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield from _base(node)
        case ast.Call(func=ast.Attribute(attr=attr) as method) if attr in _CHANGING:
            yield from _base(method)
        case ast.Expr(value=ast.Call() as call):
            yield from _base(call.func) if isinstance(call.func, ast.Attribute) else ()
            yield from _given(call)


def _given(call: ast.Call) -> Iterator[str]:
    """The names in a call's arguments."""
    for each in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from (part.id for part in ast.walk(each) if isinstance(part, ast.Name))


def _base(node: ast.AST) -> Iterator[str]:
    """The name that an attribute or an item is taken of."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _arguments(given: ast.arguments) -> list[ast.arg]:
    more = [each for each in (given.vararg, given.kwarg) if each is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]
