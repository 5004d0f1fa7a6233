"""Text for a terminal or a pipe, in lines with styles."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from netspec.diagnostics.styled import Line, line, visible
from netspec.report import document as doc
from netspec.report.page import Page
from netspec.report.prose import blocks
from netspec.report.writers import Writer

_SOURCE = "    "
"""The indentation of source text."""


def _write(document: doc.Document, page: Page) -> Iterator[str | Line]:
    """The parts, and last the columns that a table left out for lack of width."""
    left_out: list[str] = []
    yield from _lines(document.parts(), page, left_out)
    for sentence in left_out:
        yield from _note(sentence, page)


def _lines(parts: Iterable[doc.Part], page: Page, left_out: list[str]) -> Iterator[str | Line]:
    for part in parts:
        match part:
            case doc.Caption(name, kind, remark):
                yield line((f"{kind}: ", "bold"), f'"{name}"', remark) if kind else line((name, "bold"), remark)
            case doc.Section(title):
                yield line((title, "bold"))
            case doc.Paragraph(text, style):
                yield from _wrapped(_text(text), page.width, " ", "   ", style)
            case doc.Prose(text, indent):
                yield from _prose(text, " " * indent, page.width)
            case doc.Notes(sentences):
                yield line()
                for sentence in [*sentences, *left_out]:
                    yield from _note(sentence, page)
                left_out.clear()
            case doc.Items(items):
                for text in items:
                    yield from _wrapped(text, page.width, "  ", "    ")
            case doc.Totals(rows=rows):
                for name, figure in (map(_text, row.cells) for row in rows):
                    yield line((f" {name}: ", "bold"), figure)
            case doc.Listing(rows=rows):
                yield from _listing(rows)
            case doc.Definitions(entries, indent):
                yield from _definitions(entries, indent, page.width)
            case doc.Table():
                yield from _table(part, page, left_out)
            case doc.Source():
                source = part.at(page.width - len(_SOURCE))
                yield from (line(f"{_SOURCE}{each}".rstrip()) for each in source.splitlines())
            case doc.Lines(lines):
                yield from lines
            case doc.Running(pieces):
                yield from (visible(piece, "\n\t") for piece in pieces)
            case doc.Brief(short):
                yield from _lines(short(), page, left_out)
            case doc.Gap():
                yield line()


def _note(sentence: str, page: Page) -> Iterator[Line]:
    return _wrapped(sentence, page.width, " ", "   ", "dim")


def _wrapped(text: str, width: int, first: str, others: str, style: str = "") -> Iterator[Line]:
    """A text in rows of a width; names and paths are not broken."""
    yield from (line((row, style)) for row in _rows(text, width, first, others))


def _rows(text: str, width: int, first: str, others: str) -> list[str]:
    wrapper = textwrap.TextWrapper(width, first, others, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)


def _prose(text: str, indent: str, width: int) -> Iterator[Line]:
    """Paragraphs in the page's width, an empty line between them; text laid out by hand is unchanged."""
    for index, (kind, block) in enumerate(blocks(text)):
        if index:
            yield line()
        if kind == "paragraph":
            yield from _wrapped(block, width, indent, indent)
        else:
            inner = f"{indent}{_SOURCE}" if kind == "source" else indent
            yield from (line((f"{inner}{each}".rstrip(), "bold" * (kind == "heading"))) for each in block.split("\n"))


def _definitions(entries: Iterable[doc.Entry], indent: int, width: int) -> Iterator[Line]:
    """Names and meanings in two columns. Meanings are wrapped, formulas never."""
    entries = list(entries)
    column = max((indent + len(each.name) + 2 * bool(each.group and each.name) for each in entries), default=0) + 2
    group = ""
    for each in entries:
        note = f"  ({each.note})" if each.note else ""
        text = f"{_text(each.text)}{note}"
        if each.group and not each.name:
            yield line(f"{' ' * indent}{each.group}: {text}")
            continue
        if each.group != group:
            group = each.group
            yield from [line(f"{' ' * indent}{group}")] if group else []
        head = f"{' ' * (indent + 2 * bool(group))}{each.name}".ljust(column)
        if isinstance(each.text, doc.Math):
            yield line(head + text)
            continue
        found = _rows(text, width, head, " " * column)
        yield from (line(row) for row in found or [head.rstrip()])


def _table(table: doc.Table, page: Page, left_out: list[str]) -> Iterator[Line]:
    from netspec.report.grid import grid  # imports rich, which texts without a table do not need

    typed = any(column.beside for column in table.columns)
    found = grid(table, lambda row: _cells(row, typed), page)
    yield from found.lines(page)
    if found.left_out:
        told = (
            f"Left out for want of width: {', '.join(found.left_out)}. A terminal of {found.wanted} columns shows all"
        )
        left_out.append(f"{told}, as do --format json, csv and markdown.")


def _cells(row: doc.Row, typed: bool) -> list[str]:
    first, *others = map(_text, row.cells)
    first = "  " * row.level + (row.name or first)
    if typed:
        first = f"{first} ({others.pop(0)})"
    return [f"{first} *" if row.mark else first, *others]


def _listing(rows: Iterable[doc.Row]) -> Iterator[Line]:
    texts = [(row.style, [*map(_text, row.cells)]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in texts), strict=True)]
    for style, cells in texts:
        first, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield line("  ", (first, style), *(f"  {each}" for each in others))


def _text(piece: doc.Inline) -> str:
    if isinstance(piece, str):
        return piece
    return "".join(map(_text, piece)) if isinstance(piece, tuple) else piece.text


WRITER = Writer(_write)
