"""Text to be shown: with styles, independent of its output; untrusted text shortened, its hidden characters escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST_CHARACTERS = 2_000
"""The largest number of characters of a diagnostic's message or other text."""

LONG = 400
"""The number of characters up to which a text is shown unchanged."""

_READ = 20_000
"""The number of characters of a text that are examined."""

_WORD = re.compile(r"[^\s`]{121,}")
"""Long words, of which the beginning is enough."""


def abridged(text: str) -> str:
    """A text with its long words cut, then its end if it is still too long; a mark replaces each omission."""
    if len(text) <= LONG:
        return text
    found = _WORD.sub(lambda word: f"{word[0][:100]}...", text[:_READ])
    return found if len(found) <= MOST_CHARACTERS and len(text) <= _READ else f"{found[: MOST_CHARACTERS - 3]}..."


_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_BYTES = range(0xDC80, 0xDD00)
"""Surrogates, which stand in Python's texts for bytes of a file's name that are not UTF-8."""


def printable(text: str) -> str:
    r"""A text with every unprintable character escaped: ``\n``, ``\x1b``, ``\u202e``, ``\xe9``."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def shortened(text: str, most: int) -> str:
    """A text to be shown, of at most `most` characters: an ellipsis marks a cut."""
    start = printable(text[: most + 1])
    return start if len(start) <= most else f"{start[: most - 1]}…"


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return _NAMED.get(char) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )


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
