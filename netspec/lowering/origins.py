"""Python modules, found as Python would find them but without running any: their specs and names."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import resolve_name
from pathlib import Path


def find_module(module: str) -> ModuleSpec | None:
    """The spec of the module that Python would import under a dotted name; None if there is none.

    Unlike `importlib.util.find_spec`, this neither reads `sys.modules`, which also holds modules that were run from a
    file by hand, nor runs the parent packages.
    """
    found: ModuleSpec | None = None
    path: Collection[str] | None = None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        if count > 1 and path is None:
            return None
        found = _asked(".".join(parts[:count]), path)
        if found is None:
            return None
        path = found.submodule_search_locations
    return found


def _asked(name: str, path: Collection[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        ask = getattr(finder, "find_spec", None)
        found = ask(name, None if path is None else list(path), None) if ask else None
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def holds(found: ModuleSpec, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a module has a name, as far as its text shows: names made without a statement may exist too.

    Args:
        found: The module.
        name: The name.
        seen: Modules that led here by `import *`.
    """
    if found.origin is None or not found.origin.endswith(".py") or found.name in seen:
        return found.name not in seen
    try:
        tree = ast.parse(Path(found.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True
    bound = set(_bound(tree))
    if name in bound or bound & {"__getattr__", "globals"}:
        return True
    package = found.name if found.submodule_search_locations is not None else found.name.rpartition(".")[0]
    for star in _stars(tree):
        try:
            other = find_module(resolve_name("." * star.level + (star.module or ""), package))
        except ImportError:
            return True
        if other is None or holds(other, name, seen | {found.name}):
            return True
    return False


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that statements of a module bind, under conditions too; ``globals`` if it is called."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((each.asname or each.name).partition(".")[0] for each in names)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Name(id="globals")):
                yield "globals"
        pending.extend(ast.iter_child_nodes(node))


def _stars(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
            yield node
