"""Names that Python text may hold as they are. Nothing else of a spec's texts becomes one."""

from __future__ import annotations

import keyword
import re

_OTHERS = re.compile(r"[^A-Za-z0-9_]+")


def is_identifier(text: str) -> bool:
    """Whether a text is a plain name: ASCII letters, digits and `_`, no digit first, no keyword, no two `_` first.

    Other letters are left out since Python reads some of them as these: to it, ``ｅval`` is ``eval``.
    """
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")


class Identifier(str):
    """A text of which `is_identifier` holds: what programs and expressions call things by.

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
        """The identifier nearest to a text: ``v0`` for `0`, ``class_`` for `class`, itself where it is one."""
        base = _OTHERS.sub("_", text)
        if not base or base[0].isdigit() or base.startswith("__"):
            base = f"v{base}"
        return cls(f"{base}_" if keyword.iskeyword(base) else base)
