"""Names that a misspelt one may have meant."""

import difflib
import re
from collections.abc import Iterable

_SENTENCE = "did you mean `{}`?"
_NAME = re.compile(re.escape(_SENTENCE).replace(r"\{\}", "([^`]+)"))


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None where none is near."""
    candidates = list(known)
    folded = {c.replace("_", "").lower(): c for c in reversed(candidates)}
    exact = folded.get(name.replace("_", "").replace("-", "").lower())
    if exact is not None:
        return exact
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.65)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help sentence that names the nearest known name, or None."""
    near = near_miss(name, known)
    return _SENTENCE.format(near) if near else None


def suggested(help: str | None) -> str | None:
    """The name that a help sentence of `did_you_mean` names; None where the help is another."""
    found = _NAME.search(help or "")
    return found[1] if found else None
