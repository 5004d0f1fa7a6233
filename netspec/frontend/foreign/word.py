"""What a foreign word means in the language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from netspec.objects.immutable import immutable

Reading = Literal["same", "number", "negative", "features", "names", "never"]
"""What the value behind a foreign name is: the main argument as it stands (`same`), or only where it is one number
(`number`) or an axis from the end (`negative`); what is read off the input (`features`); names of inputs (`names`); or
something else, so that only a name alone can be translated (`never`)."""


@immutable
class Word:
    """A foreign word.

    Attributes:
        op: The layer or structure that is meant; empty where the language has none.
        exact: Whether it means the same with all its options and defaults; else it is only like it.
        main: What the value behind it is.
        adds: Options that say what the word itself says, as `mode: reflect` for a ReflectionPad2d.
        note: What else there is to say; of what there is not, what to write instead.
    """

    op: str
    exact: bool = True
    main: Reading = "same"
    adds: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def like(op: str, note: str = "") -> Word:
    """A word for something that is like a layer, but differs in an option, a default or an axis."""
    return Word(op, exact=False, note=note)


def absent(note: str) -> Word:
    """A word for what is no layer here."""
    return Word("", exact=False, note=note)
