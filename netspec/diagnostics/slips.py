"""Slips of the pen: a letter left out, put in, doubled, exchanged or taken for another, and capitals."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHORTEST = 3
"""A shorter word is one letter away from too many others."""
_DIGITS = re.compile("[0-9]+")


def is_slip(written: str, meant: str, known: Iterable[str]) -> bool:
    """Whether a word can be nothing but a slip for a known one.

    The letters must tell: no other known word is as near, and numbers are the same, since `conv3` is no slip for
    `conv2`.

    Args:
        written: What stands there.
        meant: The word it is taken for.
        known: All that could have been meant.
    """
    others = [word for word in known if word != meant]
    if folded(written) == folded(meant):
        return not any(folded(word) == folded(meant) for word in others)
    if min(len(written), len(meant)) < _SHORTEST or _DIGITS.findall(written) != _DIGITS.findall(meant):
        return False
    return one_apart(written, meant) and not any(one_apart(written, word) for word in others)


def folded(name: str) -> str:
    """A name without what people write in many ways: capitals, `-` and `_`."""
    return name.replace("_", "").replace("-", "").lower()


def one_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two that change places, make one word the other."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1]
    return short[at + 1 :] == long[at + 1 :] or (swapped and short[at + 2 :] == long[at + 2 :])
