"""Types of names in a program: texts that are checked when they are made."""

from __future__ import annotations

import ast

from netspec.expr.identifiers import Identifier, is_identifier

SIGNS = frozenset({"+", "-", "*", "/"})
"""Signs of functions that stand between their inputs, or an input and a number."""

_TYPES = (ast.Expression, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr, ast.Load)


class ModulePath(str):
    """The path of a module or tensor below a module: identifiers and numbers, joined by dots; empty for itself.

    Raises:
        ValueError: The text is invalid.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> ModulePath:
        if text and not all(is_identifier(part) or _is_number(part) for part in text.split(".")):
            raise ValueError(f"{text[:80]!r} is no path of a module")
        return super().__new__(cls, text)


class Target(str):
    """The target of a call: a dotted name, a method such as ``.flatten``, or one of the `SIGNS`.

    Raises:
        ValueError: The text is invalid.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Target:
        if text not in SIGNS and not all(map(is_identifier, text.removeprefix(".").split("."))):
            raise ValueError(f"{text[:80]!r} is neither a dotted name nor one of {', '.join(sorted(SIGNS))}")
        return super().__new__(cls, text)


class Annotation(str):
    """A type as Python text: names, with arguments in brackets, joined by `|`: ``Sequence[int] | None``.

    Raises:
        ValueError: The text is no such type.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Annotation:
        if not _is_type(text):
            raise ValueError(f"{text[:80]!r} is no type")
        return super().__new__(cls, text)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal()


def _is_type(text: str) -> bool:
    try:
        tree = ast.parse(text if text.isascii() else "", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    plain = all(isinstance(node, (*_TYPES, ast.Constant)) for node in ast.walk(tree))
    return plain and all(value is None or value is ... for value in constants) and ast.unparse(tree) == text


__all__ = ["SIGNS", "Annotation", "Identifier", "ModulePath", "Target"]
