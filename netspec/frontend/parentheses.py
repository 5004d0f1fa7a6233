"""Parentheses of expressions that YAML's flow style may have cut: `[$(max(1, 2))]` is two items to YAML."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 10_000
"""The number of characters that are examined; every expression is shorter."""


def open_parentheses(text: str) -> int:
    """The number of parentheses of a `$(` that a text leaves open; 0 if none."""
    start = text.find("$(")
    if start < 0 or len(text) > _LONGEST:
        return 0
    level, quote = 0, ""
    for char in text[start + 1 :]:
        if quote or char in "'\"":
            quote = "" if char == quote else quote or char
            continue
        level += (char == "(") - (char == ")")
        if level == 0:
            return 0
    return level


def closed(texts: Iterable[str]) -> int:
    """The number of parentheses that a piece of a torn expression closes beyond those it opens."""
    return sum(text.count(")") - text.count("(") for text in texts)
