"""Spaces that YAML needs: after a dash, after a colon, equally many before all keys of a mapping, and no tabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.diagnostics import Code, Edit
from netspec.fixes.base import Case, Proposal, mends
from netspec.frontend.schema import SECTION

_TEXTS = (Code.YAML_SYNTAX, Code.UNKNOWN_LAYER, Code.WRONG_TYPE, Code.BAD_ENTRY, Code.UNKNOWN_OPTION, Code.UNKNOWN_KEY)
_REACH = 2
"""Lines around an error that may have the wrong indentation: YAML notices it late."""


@mends(*_TEXTS)
def indentation(case: Case) -> Iterator[Proposal]:
    """The indentation of a neighbouring line, or of the text after its dash; lines below move along."""
    span = case.span
    readable = case.diagnostic.code is not Code.YAML_SYNTAX
    if readable and ("\n" not in case.written.strip() or case.path[:1] == (SECTION,)):
        return  # readable text has wrong indentation only where it runs on over a line, and in no recipe
    starts = [start for start in case.text.lines if start < len(case.text.text)]
    lines = [case.text.text[start : case.text.line_of(start)[1]] for start in starts]
    last = min(len(lines), max(span.line + _REACH, span.end_line))
    for at in range(max(0, span.line - _REACH), last):
        if lines[at].strip():
            yield from _moved(lines, starts, at)


def _moved(lines: list[str], starts: list[int], at: int) -> Iterator[Proposal]:
    """A line, and the lines below with at least its indentation, in other columns."""
    here = _indent(lines[at])
    above, below = range(at - 1, -1, -1), range(at + 1, len(lines))
    near = [next((line for n in each if _is_code(line := lines[n])), "") for each in (above, below)]
    columns = {column for line in filter(None, near) for column in _columns(line)}
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


def _is_code(line: str) -> bool:
    """Whether a line is neither empty nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _blank(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _indent(line: str) -> int:
    """A line's indentation in columns; a tab counts as two spaces."""
    return len(_blank(line).replace("\t", "  "))


def _columns(line: str) -> list[int]:
    """The column of a line's start, and the column of the text after its dash."""
    dash = re.match(r"- *", line.lstrip(" \t"))
    return [_indent(line)] + ([_indent(line) + len(dash[0])] if dash else [])


@mends(*_TEXTS)
def no_space(case: Case) -> Iterator[Proposal]:
    """A space after every dash that begins an entry, as in `-relu`; after the colons of the line, as in `{conv:16}`."""
    dashes = tuple(Edit(m.end(), m.end(), " ") for m in re.finditer(r"^ *-(?=[A-Za-z{])", case.text.text, re.M))
    yield Proposal("a space after the `-`", dashes, certain=True)
    start, line = case.line
    colons = [start + m.end() for m in re.finditer(r"[{,]\s*\w+:(?=[\w$\[{\"'.-])", line)]
    yield Proposal("a space after the `:`", tuple(Edit(at, at, " ") for at in colons), certain=True)


@mends(Code.YAML_SYNTAX)
def tabs(case: Case) -> Iterator[Proposal]:
    """Two spaces for each tab at the start of a line; below a text of several lines they may make a line part of it."""
    found = list(re.finditer(r"^[ ]*\t[\t ]*", case.text.text, re.MULTILINE))
    edits = tuple(Edit(*match.span(), match[0].replace("\t", "  ")) for match in found)
    of_text = any(_is_of_text(case.text.text[: match.end()].split("\n")) for match in found)
    yield Proposal("spaces instead of tabs", edits, certain=not of_text)


def _is_of_text(lines: list[str]) -> bool:
    """Whether the nearest of the lines that stands before the column of the last begins a text over several lines."""
    above = (line for line in reversed(lines[:-1]) if line.strip() and _indent(line) < _indent(lines[-1] + "."))
    return re.search(r": *[>|][+-]?[1-9]?[+-]?\s*$", next(above, "")) is not None


@mends(Code.YAML_SYNTAX)
def second_document(case: Case) -> Iterator[Proposal]:
    """One document, without the `---` within it."""
    if case.written.startswith("---"):
        start, line = case.line
        edit = Edit(start, start + len(line) + len(case.text.newline), "")
        yield Proposal("one document, without the `---`", (edit,))
