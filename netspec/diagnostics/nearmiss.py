"""Near-miss names: known names that a misspelt one may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from netspec.diagnostics.facts import Unknown
from netspec.diagnostics.words import words

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


CROWDED = 60
"""The number of errors from which on no near-miss names are sought: the search takes most of the run time."""

_MANY = 1_000
"""The largest number of known names whose letters are compared one by one; above it, no match is certain."""

_CUTOFF, _CUTOFF_OF_KIN = 0.75, 0.65
"""The least similarity of two names, by the measure of `difflib`; and of two that begin alike, or of which one holds
the other."""

_LONGEST, _MOST, _COMPARED = 80, 5_000, 200
"""Limits: characters of a misspelt name; known names that are examined, and those among them that are compared."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None if none is near."""
    candidates = _comparable(name, known)
    exact = {folded(each): each for each in reversed(candidates)}.get(folded(name))
    if exact is not None:
        return exact
    import difflib  # here, since most specs have no spelling mistake

    found = difflib.get_close_matches(name, candidates, n=1, cutoff=_CUTOFF)
    if not found:
        kin = [each for each in candidates if name[:2] == each[:2] or _holds(name, each) or _holds(each, name)]
        found = difflib.get_close_matches(name, kin, n=1, cutoff=_CUTOFF_OF_KIN)
    return found[0] if found else None


def _holds(name: str, part: str) -> bool:
    return len(part) >= _SHORTEST and part in name


def _comparable(name: str, known: Iterable[str]) -> list[str]:
    """The known names to compare a name with: if there are very many, those that share most letters."""
    if len(name) > _LONGEST:
        return []
    candidates = [each for each in dict.fromkeys(islice(known, _MOST)) if len(each) <= _LONGEST]
    if len(candidates) <= _COMPARED:
        return candidates
    letters, plain = set(name), folded(name)
    candidates.sort(key=lambda each: (folded(each) == plain, len(letters & set(each)) / (len(each) + 1)), reverse=True)
    return candidates[:_COMPARED]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help sentence that names the nearest known name, or None."""
    return words(unknown(name, known)).help or None


def unknown(
    name: str, known: Iterable[str], *, owner: str = "", listed: Iterable[str] = (), sought: str | None = None
) -> Unknown:
    """The fact of an unknown name, with the known name that was possibly meant.

    Args:
        name: The name as written.
        known: All possible names.
        owner: The layer or part in which it was looked up.
        listed: The known names, if they are to be listed.
        sought: The text to compare instead of the name, such as its name here.
    """
    near, certain = _nearest(name if sought is None else sought, known)
    return Unknown(name, owner, tuple(listed), near, certain)


def _nearest(name: str, known: Iterable[str]) -> tuple[str, bool]:
    """The nearest known name, or none, and whether the letters allow no other."""
    names = list(islice(known, _MOST))
    candidates = _comparable(name, names)
    near = near_miss(name, candidates)
    if near is None or len(names) > _MANY:
        return near or "", False
    one_letter = [word for word in candidates if one_apart(name, word)]
    near = one_letter[0] if len(one_letter) == 1 else near
    return near, is_slip(name, near, candidates)
