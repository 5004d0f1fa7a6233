"""Comparison of a text's errors before and after edits, which move them: the same errors, and new ones."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Code, Diagnostic, Edit
from netspec.diagnostics.facts import Unknown
from netspec.fixes.text import Text


def _fault(error: Diagnostic, line: int | None = None) -> tuple[str, str, int]:
    """The identity of an error: its code, message and line."""
    own = error.span.line if error.span else 0
    return *error.fault, own if line is None else line


def _line_after(error: Diagnostic, edits: Sequence[Edit], text: Text) -> int:
    """The line on which an error's place stands after edits."""
    if error.span is None:
        return 0
    start, _ = text.range(error.span)
    shift = sum(
        each.text.count("\n") - text.text.count("\n", each.start, each.end) for each in edits if each.start < start
    )
    return error.span.line + shift


def new_errors(
    before: Sequence[Diagnostic], after: Sequence[Diagnostic], edits: Sequence[Edit], text: Text
) -> list[Diagnostic]:
    """The errors that are not among those before the edits."""
    old = {_fault(error, _line_after(error, edits, text)) for error in before}
    return [error for error in after if _fault(error) not in old]


def _stays(error: Diagnostic, new: Diagnostic, edits: Sequence[Edit], text: Text) -> bool:
    """Whether another error took the place of one: then the error was moved, not mended.

    This holds for errors in a network's meaning: after a name or form is mended, in the spec or its recipe, more
    may still be wrong. An option that is unknown in its new place, too, was moved to the wrong place.
    """
    if error.code in (Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY):
        return isinstance(error.fact, Unknown) and isinstance(new.fact, Unknown) and error.fact.name == new.fact.name
    if error.code is Code.BAD_RECIPE:
        return False
    at = _line_after(error, edits, text)
    return error.code.number >= "NS03" and new.span is not None and new.span.line == at


def is_left(
    error: Diagnostic, after: Sequence[Diagnostic], new: Sequence[Diagnostic], edits: Sequence[Edit], text: Text
) -> bool:
    """Whether an error is still there after edits, or a new one is in its place."""
    moved = _fault(error, _line_after(error, edits, text))
    return moved in map(_fault, after) or any(_stays(error, each, edits, text) for each in new)
