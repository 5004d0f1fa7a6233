"""Text with styles, independent of its output: plain for a pipe, in colour for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

Segment = tuple[str, str]
"""A piece of text and its style in rich's notation, empty for none."""

Line = tuple[Segment, ...]


def line(*pieces: str | Segment) -> Line:
    """A line of pieces; a bare string has no style."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that move a cursor, change colours or directions, end a line, or are invisible."""


def visible(text: str, kept: str = "") -> str:
    """Untrusted text in a form that can be shown: active and invisible characters are escaped as in JSON.

    Args:
        text: Names of files, classes, tensors and runs, texts of a spec.
        kept: Characters that stay unchanged, such as line breaks.
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
    """The text without styles: strings unchanged, every line ended."""
    return "".join(
        piece if isinstance(piece, str) else "".join(text for text, _ in piece).rstrip() + "\n" for piece in pieces
    )
