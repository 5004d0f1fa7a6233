"""Spelling mistakes: a letter omitted, inserted, doubled, swapped or replaced, and capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHORTEST = 3
"""The least length of a word: a shorter one is one letter away from too many others."""
_DIGITS = re.compile("[0-9]+")


def is_slip(written: str, meant: str, known: Iterable[str]) -> bool:
    """Whether a word can only be a misspelling of a known one.

    The letters must decide: no other known word is as near, and numbers are equal, since `conv3` is no misspelling
    of `conv2`.

    Args:
        written: The word as written.
        meant: The word that it is taken for.
        known: All possible words.
    """
    others = [word for word in known if word != meant]
    if folded(written) == folded(meant):
        return not any(folded(word) == folded(meant) for word in others)
    if min(len(written), len(meant)) < _SHORTEST or _DIGITS.findall(written) != _DIGITS.findall(meant):
        return False
    return one_apart(written, meant) and not any(one_apart(written, word) for word in others)


def folded(name: str) -> str:
    """A name without parts that vary in spelling: capitals, `-` and `_`."""
    return name.replace("_", "").replace("-", "").lower()


def one_apart(one: str, other: str) -> bool:
    """Whether one inserted, omitted or replaced letter, or two swapped ones, turn one word into the other."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1]
    return short[at + 1 :] == long[at + 1 :] or (swapped and short[at + 2 :] == long[at + 2 :])
