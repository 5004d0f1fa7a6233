"""Text with styles, kept apart from how it is shown: a pipe gets it plain, a terminal in colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

Segment = tuple[str, str]
"""A piece of text and its style in rich's words, empty for none."""

Line = tuple[Segment, ...]


def line(*pieces: str | Segment) -> Line:
    """A line of pieces; a bare string has no style."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what moves a cursor, changes colours or directions, ends a line, or is not seen at all."""


def visible(text: str, kept: str = "") -> str:
    """A text of a stranger's as it can be shown: what would do something, or not be seen, is escaped as JSON does it.

    Args:
        text: Names of files, classes, tensors and runs, texts of a spec.
        kept: Characters that stay as they are, such as line breaks.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in kept or unicodedata.category(char) not in _HIDDEN else _escape(char)
        for char in text
    )


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def plain(pieces: Iterable[str | Line]) -> str:
    """The text alone: strings as they are, every line ended."""
    return "".join(
        piece if isinstance(piece, str) else "".join(text for text, _ in piece).rstrip() + "\n" for piece in pieces
    )
