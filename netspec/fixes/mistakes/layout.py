"""Spaces that YAML needs: after a dash, after a colon, and equally many before all keys of a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.frontend.schema import SECTION

_TEXTS = frozenset(
    {Code.YAML_SYNTAX, Code.UNKNOWN_LAYER, Code.WRONG_TYPE, Code.BAD_ENTRY, Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY}
)
_REACH = 2
"""Lines around an error that may have the wrong indentation: YAML notices it late."""


class NoSpace(Mistake):
    """`-relu` and `{conv:16, kernel:3}`, which YAML reads as texts."""

    codes: ClassVar = _TEXTS

    def propose(self, case: Case) -> Iterator[Proposal]:
        """A space after every dash that begins an entry; after the colons of the line."""
        span, text = case.diagnostic.span, case.text.text
        if span is None:
            return
        dashes = tuple(Edit(at, at, " ") for at in (m.end() for m in re.finditer(r"^ *-(?=[A-Za-z{])", text, re.M)))
        if dashes:
            yield Proposal("a space after the `-`", dashes, certain=True)
        start, _ = case.text.range(span)
        line, end = case.text.line_of(start)
        found = re.finditer(r"[{,]\s*\w+:(?=[\w$\[{\"'.-])", text[line:end])
        colons = tuple(Edit(line + m.end(), line + m.end(), " ") for m in found)
        if colons:
            yield Proposal("a space after the `:`", colons, certain=True)


class Indentation(Mistake):
    """A line that begins a little further left or right than its neighbours."""

    codes: ClassVar = _TEXTS

    def propose(self, case: Case) -> Iterator[Proposal]:
        """The indentation of a neighbouring line, or of the text after its dash; lines below move along."""
        span = case.diagnostic.span
        readable = case.diagnostic.code is not Code.YAML_SYNTAX
        if span is None or (readable and ("\n" not in case.written.strip() or case.path[:1] == (SECTION,))):
            return  # readable text has wrong indentation only where it runs on over a line, and in no recipe
        starts = [start for start in case.text.lines if start < len(case.text.text)]
        lines = [case.text.text[start : case.text.line_of(start)[1]] for start in starts]
        last = min(len(lines), max(span.line + _REACH, span.end_line))
        for at in range(max(0, span.line - _REACH), last):
            if lines[at].strip():
                yield from self.moved(lines, starts, at)

    def moved(self, lines: list[str], starts: list[int], at: int) -> Iterator[Proposal]:
        """A line, and the lines below with at least its indentation, in other columns."""
        here = _indent(lines[at])
        near = [n for n in (self.beside(lines, at, -1), self.beside(lines, at, 1)) if n is not None]
        columns = {column for n in near for column in _columns(lines[n])}
        end = at + 1
        while end < len(lines) and lines[end].strip() and _indent(lines[end]) >= here > 0:
            end += 1
        for column in sorted(columns - {here}, key=lambda column: (abs(column - here), column)):
            for stop in dict.fromkeys((at + 1, end)):
                edits = tuple(
                    Edit(starts[n], starts[n] + len(_blank(lines[n])), " " * (column + _indent(lines[n]) - here))
                    for n in range(at, stop)
                )
                lines_moved = f"line {at + 1}" if stop == at + 1 else f"lines {at + 1} to {stop}"
                # One column off is a slip; a line that is a whole level off may as well be in the wrong place.
                away = abs(column - here)
                yield Proposal(f"{lines_moved} in column {column + 1}", edits, away, certain=away == 1)

    def beside(self, lines: list[str], at: int, step: int) -> int | None:
        """The next line that is neither empty nor a comment."""
        at += step
        while 0 <= at < len(lines):
            if lines[at].strip() and not lines[at].lstrip().startswith("#"):
                return at
            at += step
        return None


def _blank(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _indent(line: str) -> int:
    """A line's indentation in columns; a tab counts as two spaces."""
    return len(_blank(line).replace("\t", "  "))


def _columns(line: str) -> list[int]:
    """The column of a line's start, and the column of the text after its dash."""
    dash = re.match(r"- *", line.lstrip(" \t"))
    return [_indent(line)] + ([_indent(line) + len(dash[0])] if dash else [])
