"""Printable forms of untrusted names, mainly of files and classes."""

from __future__ import annotations

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
