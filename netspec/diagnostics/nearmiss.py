"""Names that a misspelt one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from netspec.diagnostics.facts import Unknown
from netspec.diagnostics.slips import is_slip, one_apart
from netspec.diagnostics.words import words

CROWDED = 60
"""From so many errors on no near-miss names are sought, which takes longer than all the rest."""

_MANY = 1_000
"""Among more known names no letters are compared one by one, and nothing is certain."""

_CUTOFF = 0.65
"""How alike two names are at least, as `difflib` measures it."""

_LONGEST, _MOST, _COMPARED = 80, 5_000, 200
"""Characters of a name that may be misspelt; known names that are looked at, and those among them that are compared."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None where none is near."""
    candidates = _comparable(name, known)
    folded = {_folded(each): each for each in reversed(candidates)}
    exact = folded.get(_folded(name).replace("-", ""))
    if exact is not None:
        return exact
    import difflib  # most specs have no slip

    found = difflib.get_close_matches(name, candidates, n=1, cutoff=_CUTOFF)
    return found[0] if found else None


def _comparable(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a name is compared with: of very many, those that have most of its letters."""
    if len(name) > _LONGEST:
        return []
    candidates = [each for each in dict.fromkeys(islice(known, _MOST)) if len(each) <= _LONGEST]
    if len(candidates) <= _COMPARED:
        return candidates
    letters, folded = set(name), _folded(name).replace("-", "")
    candidates.sort(
        key=lambda each: (_folded(each) == folded, len(letters & set(each)) / (len(each) + 1)), reverse=True
    )
    return candidates[:_COMPARED]


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help sentence that names the nearest known name, or None."""
    return words(unknown(name, known)).help or None


def unknown(
    name: str, known: Iterable[str], *, owner: str = "", listed: Iterable[str] = (), sought: str | None = None
) -> Unknown:
    """A name that means nothing, with the known one that it may be a slip for.

    Args:
        name: The name as written.
        known: All that it could have been.
        owner: What it was sought in.
        listed: The known names, where they are to be listed.
        sought: What is compared instead of the name, such as what it is called here.
    """
    near, certain = _nearest(name if sought is None else sought, known)
    return Unknown(name, owner, tuple(listed), near, certain)


def _nearest(name: str, known: Iterable[str]) -> tuple[str, bool]:
    """The nearest known name, or none, and whether it alone can have been meant by the letters."""
    names = list(islice(known, _MOST))
    candidates = _comparable(name, names)
    near = near_miss(name, candidates)
    if near is None or len(names) > _MANY:
        return near or "", False
    one_letter = [word for word in candidates if one_apart(name, word)]
    near = one_letter[0] if len(one_letter) == 1 else near
    return near, is_slip(name, near, candidates)
