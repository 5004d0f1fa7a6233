"""Names that a misspelt one may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from netspec.diagnostics.slips import is_slip, one_apart


class Suggestion(str):
    """A help sentence that names what was meant.

    Attributes:
        word: The name.
        certain: Whether nothing else can have been meant, by the letters alone.
    """

    word: str
    certain: bool

    def __new__(cls, word: str, certain: bool = False, note: str = "") -> Suggestion:
        """The sentence for a word, and after it a note."""
        sentence = super().__new__(cls, f"did you mean `{word}`?{f' {note}' if note else ''}")
        sentence.word, sentence.certain = word, certain
        return sentence


_MANY = 1_000
"""Among more known names no letters are compared one by one, and nothing is certain."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None where none is near."""
    candidates = list(known)
    folded = {c.replace("_", "").lower(): c for c in reversed(candidates)}
    exact = folded.get(name.replace("_", "").replace("-", "").lower())
    if exact is not None:
        return exact
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.65)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> Suggestion | None:
    """A help sentence that names the nearest known name, or None."""
    candidates = list(dict.fromkeys(known))
    near = near_miss(name, candidates)
    if near is None:
        return None
    if len(candidates) > _MANY:
        return Suggestion(near)
    one_letter = [word for word in candidates if one_apart(name, word)]
    near = one_letter[0] if len(one_letter) == 1 else near
    return Suggestion(near, is_slip(name, near, candidates))


def suggested(help: str | None) -> str | None:
    """The name that a help sentence names; None where the help is another."""
    return help.word if isinstance(help, Suggestion) else None
