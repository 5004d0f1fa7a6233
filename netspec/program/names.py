"""What a program calls things by: each a text of a type of its own, which only a checked text can become."""

from __future__ import annotations

import re

from netspec.expr.identifiers import Identifier, is_identifier

SIGNS = frozenset({"+", "*"})
"""What a function may be that stands between its inputs."""

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*|\.\.\.|, | \| |[\[\]]")


class ModulePath(str):
    """The path of a module or of a tensor below another: identifiers and numbers, joined by dots; empty for itself.

    Raises:
        ValueError: The text is none.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> ModulePath:
        if text and not all(is_identifier(part) or _is_number(part) for part in text.split(".")):
            raise ValueError(f"{text[:80]!r} is no path of a module")
        return super().__new__(cls, text)


class Target(str):
    """What a call calls: a dotted name, a method as ``.flatten``, or one of the `SIGNS`.

    Raises:
        ValueError: The text is none.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Target:
        if text not in SIGNS and not all(map(is_identifier, text.removeprefix(".").split("."))):
            raise ValueError(f"{text[:80]!r} is neither a dotted name nor one of {', '.join(sorted(SIGNS))}")
        return super().__new__(cls, text)


class Annotation(str):
    """A type as Python text: names, what they are of in brackets, and `|` between: ``Sequence[int] | None``.

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
    """Where the types with `|` between them end that begin at a token; -1 where there are none."""
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
