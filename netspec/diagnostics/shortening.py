"""Shortening of very long texts for display: a name can have millions of letters."""

from __future__ import annotations

import re

MOST_CHARACTERS = 2_000
"""The largest number of characters of a diagnostic's message or other text."""

LONG = 400
"""The number of characters up to which a text is shown unchanged."""

_READ = 20_000
"""The number of characters of a text that are examined."""

_WORD = re.compile(r"[^\s`]{121,}")
"""Long words, of which the beginning is enough."""


def shortened(text: str) -> str:
    """A text with its long words cut, then its end if it is still too long; a mark replaces each omission."""
    if len(text) <= LONG:
        return text
    found = _WORD.sub(lambda word: f"{word[0][:100]}...", text[:_READ])
    return found if len(found) <= MOST_CHARACTERS and len(text) <= _READ else f"{found[: MOST_CHARACTERS - 3]}..."
