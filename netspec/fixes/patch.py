"""A changed text as a patch of the one before it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from itertools import accumulate, takewhile

from netspec.diagnostics import Edit, Fix

_COMPARED = 300
"""Lines of a passage that are compared one by one: many similar lines would take the square of their number."""


def patch(
    name: str, before: str, after: str, titles: Iterable[str], edits: Sequence[Edit] | None = None, left: int = 0
) -> Fix:
    """The patch from one text to another.

    Args:
        name: The file's name, as diagnostics give it.
        before: The text as it stands.
        after: The text with the fix.
        titles: The steps, in a few words each; a repeated title is listed once.
        edits: The replacements, where they are known more closely than by lines.
        left: The number of errors that stay.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name, n=1, lineterm="")
    made = tuple(_edits(before, after) if edits is None else edits)
    return Fix(name, "; ".join(dict.fromkeys(titles)), made, "\n".join(lines), after, left=left)


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").splitlines()


def _edits(before: str, after: str) -> list[Edit]:
    """The edits between two texts, line by line; a long changed passage is one edit."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    pairs = zip(reversed(old[first:]), reversed(new[first:]), strict=False)
    last = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    starts = [0, *accumulate(map(len, old))]
    old, new = old[first : len(old) - last], new[first : len(new) - last]
    if max(len(old), len(new)) > _COMPARED:
        return [Edit(starts[first], starts[first + len(old)], "".join(new))]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(starts[first + a], starts[first + b], "".join(new[c:d]))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    ]
