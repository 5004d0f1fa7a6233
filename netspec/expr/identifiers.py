"""Names that Python text may hold unchanged. No other text of a spec becomes a name."""

from __future__ import annotations

import keyword
import re

_OTHERS = re.compile(r"[^A-Za-z0-9_]+")


def is_identifier(text: str) -> bool:
    """Whether a text is a plain name: ASCII letters, digits and `_`, no digit first, no keyword, no two `_` first.

    Other letters are excluded because Python reads some of them as ASCII: it reads ``ｅval`` as ``eval``.
    """
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")


class Identifier(str):
    """A text for which `is_identifier` holds: a name in programs and expressions.

    Raises:
        ValueError: The text is no plain name.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Identifier:
        if not is_identifier(text):
            raise ValueError(f"{text[:80]!r} is no identifier")
        return super().__new__(cls, text)

    @classmethod
    def near(cls, text: str) -> Identifier:
        """The identifier nearest to a text: ``v0`` for `0`, ``class_`` for `class`; an identifier itself is kept."""
        base = _OTHERS.sub("_", text)
        if not base or base[0].isdigit() or base.startswith("__"):
            base = f"v{base}"
        return cls(f"{base}_" if keyword.iskeyword(base) else base)
