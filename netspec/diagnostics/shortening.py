"""What is shown of texts that are longer than anyone reads: a name can have millions of letters."""

from __future__ import annotations

import re

MOST_CHARACTERS = 2_000
"""Characters of a message, or of another text of a diagnostic."""

LONG = 400
"""A text of so many characters is shown as it is."""

_READ = 20_000
"""Characters of a text that are looked at."""

_WORD = re.compile(r"[^\s`]{121,}")
"""Words of which the beginning is enough."""


def shortened(text: str) -> str:
    """A text as it is, or its long words cut, and then its end; a mark stands where something is left out."""
    if len(text) <= LONG:
        return text
    found = _WORD.sub(lambda word: f"{word[0][:100]}...", text[:_READ])
    return found if len(found) <= MOST_CHARACTERS and len(text) <= _READ else f"{found[: MOST_CHARACTERS - 3]}..."
