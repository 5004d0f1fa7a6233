"""What turns one text into another, as one patch."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from netspec.diagnostics import Edit, Fix


def patch(name: str, title: str, before: str, after: str, edits: Sequence[Edit] | None = None) -> Fix:
    """A fix of a file.

    Args:
        name: The file's name.
        title: What is done.
        before: Its text.
        after: The text that is wanted.
        edits: What turns one into the other, where that is known; else they differ line by line.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name, n=1, lineterm="")
    return Fix(name, title, tuple(_edits(before, after) if edits is None else edits), "\n".join(lines), after)


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
