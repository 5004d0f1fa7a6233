"""A changed text as a patch of the one before it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from netspec.diagnostics import Edit, Fix


def patch(
    name: str, before: str, after: str, titles: Iterable[str], edits: Sequence[Edit] | None = None, left: int = 0
) -> Fix:
    """What leads from one text to another.

    Args:
        name: The file's name, as diagnostics give it.
        before: The text as it stands.
        after: The text as it shall be.
        titles: What is done, in a few words each; one that comes again is told once.
        edits: What is replaced, where that is known more closely than by lines.
        left: The errors that stay.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name, n=1, lineterm="")
    made = tuple(_edits(before, after) if edits is None else edits)
    return Fix(name, "; ".join(dict.fromkeys(titles)), made, "\n".join(lines), after, left=left)


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").splitlines()


def _edits(before: str, after: str) -> list[Edit]:
    """What changed between two texts, line by line."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        Edit(starts[a], starts[b], "".join(new[c:d])) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"
    ]
