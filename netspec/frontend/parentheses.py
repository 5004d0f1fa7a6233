"""Parentheses of an expression that YAML's flow style may have cut: `[$(max(1, 2))]` is two items to YAML."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 10_000
"""Characters of a text that are looked at; no expression is as long."""


def open_parentheses(text: str) -> int:
    """How many parentheses of a `$(` are left open in a text; 0 where all is well."""
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
    """By how much the texts of a piece of a torn expression close more parentheses than they open."""
    return sum(text.count(")") - text.count("(") for text in texts)
