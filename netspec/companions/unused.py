"""Classes without what nothing in a script uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from netspec.companions.called import Called
from netspec.companions.docstrings import without_attribute


def without_unused(text: str, called: Called) -> str:
    """A statement; a class keeps only what its texts may use, or Python or torch calls.

    Those are its methods, its fields but for those with a default that nothing gives or reads, and of what its
    beginning keeps, what is read.
    """
    (node, *_) = ast.parse(text).body
    if not isinstance(node, ast.ClassDef):
        return text
    lines = text.splitlines()
    unused: dict[ast.stmt, tuple[str, ...]] = {
        **_unused_methods(node, called),
        **_unused_fields(node, called),
        **_unread(node, called),
    }
    pairs = [pair for body in _bodies(node) for pair in pairwise(body)]
    for before, each in sorted(pairs, key=lambda pair: -pair[1].lineno):
        if each in unused:
            del lines[before.end_lineno : each.end_lineno]
    text = "\n".join(lines)
    for name in (name for names in unused.values() for name in names):
        text = without_attribute(text, name)
    return text


def _bodies(node: ast.ClassDef) -> Iterator[list[ast.stmt]]:
    yield node.body
    yield from (each.body for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")


def _unused_methods(node: ast.ClassDef, called: Called) -> dict[ast.stmt, tuple[str, ...]]:
    """The methods that nothing calls."""
    methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
    own = (each for each in methods if not each.name.startswith("__") and each.name != "forward")
    return {each: () for each in own if not called.may_call(node.name, each.name)}


def _unused_fields(node: ast.ClassDef, called: Called) -> dict[ast.stmt, tuple[str, ...]]:
    """The fields of a dataclass that nothing gives or reads, each with its name."""
    if not any("dataclass" in ast.unparse(each) for each in node.decorator_list):
        return {}
    fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    named = [(each, ast.unparse(each.target)) for each in fields]
    return {
        each: (name,)
        for place, (each, name) in enumerate(named)
        if each.value is not None and not called.may_have(node.name, name, place)
    }


def _unread(node: ast.ClassDef, called: Called) -> dict[ast.stmt, tuple[str, ...]]:
    """The statements that keep what a class is made with, and nothing reads it, with the attributes."""
    found: dict[ast.stmt, tuple[str, ...]] = {}
    for each in [each for body in list(_bodies(node))[1:] for each in body]:
        if isinstance(each, ast.Assign) and all(map(_is_plain, ast.walk(each))):
            names = tuple(part.attr for part in ast.walk(each) if isinstance(part, ast.Attribute))
            if names and not any(map(called.may_read, names)):
                found[each] = names
    return found


def _is_plain(node: ast.AST) -> bool:
    """Whether a node may stand in a statement that keeps arguments as attributes, and does nothing else."""
    if isinstance(node, ast.Name):
        return isinstance(node.ctx, ast.Load)
    return isinstance(node, (ast.Assign, ast.Tuple, ast.Attribute, ast.Constant, ast.expr_context))
