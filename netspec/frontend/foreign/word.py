"""The meaning of a foreign word in the language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from netspec.objects.immutable import immutable

Reading = Literal["same", "number", "negative", "features", "names", "never"]
"""The meaning of the value behind a foreign name: the main argument unchanged (`same`), or only if it is one number
(`number`) or an axis from the end (`negative`); a number that is inferred from the input (`features`); names of inputs
(`names`); or something else, so that only the bare name can be translated (`never`)."""


@immutable
class Word:
    """A foreign word.

    Attributes:
        op: The layer or structure that it means; empty if the language has none.
        exact: Whether all its options and defaults mean the same; else the two are only similar.
        main: The meaning of the value behind it.
        adds: Options that the word implies, such as `mode: reflect` for a ReflectionPad2d.
        note: A further remark; for a word without a layer, what to write instead.
    """

    op: str
    exact: bool = True
    main: Reading = "same"
    adds: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def like(op: str, note: str = "") -> Word:
    """A word for something similar to a layer, which differs in an option, a default or an axis."""
    return Word(op, exact=False, note=note)


def absent(note: str) -> Word:
    """A word for something that is no layer here."""
    return Word("", exact=False, note=note)
