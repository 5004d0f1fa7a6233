"""Diagnostics as text: the place, the line with a caret, the found and expected values, and the fix.

The layout is that of rustc and ruff::

    error[NS0302]: the kernel is larger than its input
      --> lenet.yaml:9:15
       |
     9 |   - {conv: 6, kernel: 50}
       |               ^^^^^^^^^^
       = found: a kernel of 50 on an input of 28
       = help: use a kernel of at most 28
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from netspec.diagnostics.diagnostic import Diagnostic, Fix, NetspecError, Span
from netspec.diagnostics.styled import Line, line, visible
from netspec.files.reading import plain_breaks, read_bounded

_SEVERITY_STYLE = {"error": "bold red", "warning": "bold yellow"}
MOST_SHOWN = 100
"""The number of diagnostics that are shown; those with fixes are shown in addition, and all are counted."""

_WIDEST = 240
"""The number of characters shown of a changed line."""

_WIDEST_LINE = 120
"""The length above which only the part of a source line around the caret is shown."""


def render(diagnostics: Sequence[Diagnostic]) -> Iterator[Line]:
    """Every diagnostic, and finally their number."""
    shown = [each for at, each in enumerate(diagnostics) if at < MOST_SHOWN or each.fixes]
    for diagnostic in shown:
        yield from render_one(diagnostic)
        yield line()
    if len(shown) < len(diagnostics):
        yield line(f"... and {len(diagnostics) - len(shown):,} more")
        yield line()
    yield line((tally(diagnostics), "bold"))


def render_one(diagnostic: Diagnostic) -> Iterator[Line]:
    """One diagnostic."""
    spans = [s for s in (diagnostic.span, *(related.span for related in diagnostic.related)) if s is not None]
    gutter = len(str(max((span.line for span in spans), default=0)))
    style = _SEVERITY_STYLE[diagnostic.severity]
    head = f"{diagnostic.severity}[{diagnostic.code.number}]"
    message = visible(diagnostic.message, "\n")
    yield line((head, style), (f": {message}", "bold"))
    if diagnostic.span:
        yield from _excerpt(diagnostic.span, gutter, "-->", "^", style, "")
    for label in ("found", "expected"):
        if text := getattr(diagnostic, label):
            yield from _remark(gutter, label, text, "")
    for related in diagnostic.related:
        if related.span:
            yield from _excerpt(related.span, gutter, ":::", "-", "bold blue", related.note)
        else:
            yield from _remark(gutter, "note", related.note, "")
    if diagnostic.help:
        yield from _remark(gutter, "help", diagnostic.help, "green")
    yield from _fixes(gutter, diagnostic.fixes)


def _fixes(gutter: int, fixes: Sequence[Fix]) -> Iterator[Line]:
    """The fixes of the file: the best one as a diff, or all if none is the best; the others by title."""
    for number, fix in enumerate(fixes, 1):
        label = "fix" if len(fixes) == 1 else f"fix {number}"
        shown = number == 1 or not fixes[0].sure
        diff = [each if len(each) <= _WIDEST else f"{each[:_WIDEST]}..." for each in fix.diff.split("\n")[2:] if shown]
        stays = f" (leaves {fix.left} error{'' if fix.left == 1 else 's'})" if fix.left else ""
        said = f"{fix.title}{stays}{f': {fix.outcome}' if fix.outcome else ''}"
        yield from _remark(gutter, label, "\n".join([said, *diff]), "green")


def tally(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    return ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
        for severity in ("error", "warning")
        if counts[severity]
    )


def _excerpt(span: Span, gutter: int, arrow: str, caret: str, style: str, note: str) -> Iterator[Line]:
    """The place, and its line with the part underlined; only the first of several lines."""
    blank = " " * (gutter + 1)
    yield line((f"{' ' * gutter}{arrow} ", "bold blue"), visible(str(span)))
    text = _source_line(span)
    if text is None:
        if note:
            yield from _remark(gutter, "note", note, "")
        return
    start = min(span.column - 1, len(text))
    end = min(span.end_column - 1, len(text)) if span.end_line == span.line else len(text)
    before, marked, after = map(_in_columns, _window(text, start, max(end, start)))
    yield line((f"{blank}|", "bold blue"))
    yield line((f"{span.line:>{gutter}} | ", "bold blue"), before + marked + after)
    underline = caret * max(_cells(marked), 1)
    yield line((f"{blank}| ", "bold blue"), " " * _cells(before), (f"{underline} {visible(note)}".rstrip(), style))


def _remark(gutter: int, label: str, text: str, style: str) -> Iterator[Line]:
    first, *others = visible(text, "\n").split("\n")
    yield line((f"{' ' * (gutter + 1)}= ", "bold blue"), (f"{label}: ", "bold"), (first, style))
    for other in others:
        yield line(" " * (gutter + 3), (" " * (len(label) + 2) + other, style))


def _source_line(span: Span) -> str | None:
    """The first line of a span, or None if its text is not available."""
    text = span.text.removeprefix("\ufeff") if span.text else _read(span.file)
    lines = _lines(text) if text is not None else []
    found = lines[span.line - 1].rstrip("\r") if 0 < span.line <= len(lines) else None
    return None if found is not None and not _NO_TEXT.isdisjoint(found) else found


_NO_TEXT = frozenset("\0\ufffd")
"""Characters of binary files: lines that contain one are not shown."""


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return text.split("\n")


@cache
def _read(file: str) -> str | None:
    try:
        if not Path(file).is_file():  # a pipe is already read to its end
            return None
        return plain_breaks(read_bounded(file).decode(errors="replace")).removeprefix("\ufeff")
    except (OSError, ValueError, NetspecError):
        return None


def _window(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The texts before, within and after the marked part, cut to a line that can be shown."""
    end = min(end, start + _WIDEST_LINE)
    if len(text) <= _WIDEST_LINE:
        return text[:start], text[start:end], text[end:]
    first = max(0, start - _WIDEST_LINE // 3)
    last = max(first + _WIDEST_LINE, end)
    before = ("..." if first else "") + text[first:start]
    return before, text[start:end], text[end:last] + ("..." if last < len(text) else "")


def _cells(text: str) -> int:
    """Width on a terminal: East Asian wide characters take two cells."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _in_columns(text: str) -> str:
    """`text` without characters that move the cursor or change colours; each character keeps its column."""
    return "".join(char if char.isprintable() else " " for char in text)
