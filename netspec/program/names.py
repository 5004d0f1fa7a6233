"""Types of names in a program: texts that are checked when they are made."""

from __future__ import annotations

import re

from netspec.expr.identifiers import Identifier, is_identifier

SIGNS = frozenset({"+", "*"})
"""Signs of functions that stand between their inputs."""

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|\.\.\.|, | \| |[\[\]]")


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
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != text or _union(tokens, 0) != len(tokens):
            raise ValueError(f"{text[:80]!r} is no type")
        return super().__new__(cls, text)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal()


def _union(tokens: list[str], at: int) -> int:
    """The end of the types, joined by `|`, that begin at a token; -1 if there are none."""
    at = _type(tokens, at)
    while 0 <= at < len(tokens) and tokens[at] == " | ":
        at = _type(tokens, at + 1)
    return at


def _type(tokens: list[str], at: int) -> int:
    if at >= len(tokens) or not (tokens[at] == "..." or tokens[at][0].isalpha() or tokens[at][0] == "_"):
        return -1
    at += 1
    if at < len(tokens) and tokens[at] == "[":
        at = _union(tokens, at + 1)
        while 0 <= at < len(tokens) and tokens[at] == ", ":
            at = _union(tokens, at + 1)
        at = at + 1 if 0 <= at < len(tokens) and tokens[at] == "]" else -1
    return at


__all__ = ["SIGNS", "Annotation", "Identifier", "ModulePath", "Target"]
