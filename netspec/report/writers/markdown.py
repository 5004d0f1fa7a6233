"""Markdown for READMEs and reviews."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netspec.diagnostics.styled import plain
from netspec.report import document as doc
from netspec.report.in_full import in_full
from netspec.report.page import Page
from netspec.report.writers import Writer

_CODE = re.compile(r"(`[^`\n]+`)")
_SIGNS = re.compile(r"[\\`*|<$]|(?<!\w)_|_(?!\w)|\](?=[(\[])|&(?=#?\w+;)|~(?=~)")
"""Signs that Markdown would interpret outside code."""


def _write(document: doc.Document, page: Page) -> Iterator[str]:
    """The title and the parts, an empty line between them."""
    head = [f"# {_inline(document.title)}"] if document.title else []
    yield "\n\n".join([*head, *_blocks(document.parts())]) + "\n"


def body(parts: Iterable[doc.Part]) -> str:
    """Parts without a title, for a page that has one."""
    return "\n\n".join(_blocks(parts)) + "\n"


def code(text: str) -> str:
    """A text between more backticks than it contains in a row."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|").replace("\n", " ")


def _blocks(parts: Iterable[doc.Part]) -> Iterator[str]:
    for part in in_full(parts):
        match part:
            case doc.Paragraph(text):
                yield _inline(text)
            case doc.Section(title):
                yield f"## {_inline(title)}"
            case doc.Prose(text):
                yield text.strip("\n")
            case doc.Items(items):
                yield "\n".join(f"- {_inline(text)}" for text in items)
            case doc.Definitions(entries):
                yield "\n".join(f"- {_entry(each)}" for each in entries)
            case doc.Table(columns, rows):
                alignment = "".join(":" if column.numeric else "-" for column in columns)
                yield _table([column.title for column in columns], alignment, _cells(rows))
            case doc.Source(language=language):
                yield _fenced(part.at(), language)
            case doc.Lines() | doc.Running():
                yield _fenced(plain(part.lines), "text")


def _cells(rows: Iterable[doc.Row]) -> Iterator[list[str]]:
    """The cells of all rows except headings."""
    for row in rows:
        if not row.heading:
            first, *others = map(_inline, row.cells)
            yield [f"{first} \\*" if row.mark else first, *others]


def _table(titles: Iterable[str], alignment: str, rows: Iterable[Iterable[str]]) -> str:
    lines = [
        f"| {' | '.join(map(_inline, titles))} |".replace("|  |", "| |"),
        "|" + "|".join(" ---: " if each == ":" else " --- " for each in alignment) + "|",
        *(f"| {' | '.join(cells)} |" for cells in rows),
    ]
    return "\n".join(lines)


def _entry(entry: doc.Entry) -> str:
    return f"{_inline(entry.whole_name)}: {_inline(entry.text)}" + (f" ({_inline(entry.note)})" if entry.note else "")


def _fenced(text: str, language: str) -> str:
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _inline(piece: doc.Inline) -> str:
    match piece:
        case doc.Verbatim(text):
            return code(text)
        case doc.Emphasis(text):
            return f"*{_inline(text)}*"
        case doc.Math():
            return f"${piece.latex()}$"
        case doc.Link(text, target):
            return f"[{_inline(text)}]({target})"
        case tuple():
            return "".join(map(_inline, piece))
    parts = _CODE.split(" ".join(piece.split("\n")))
    return "".join(
        code(part[1:-1]) if index % 2 else _SIGNS.sub(lambda sign: f"\\{sign[0]}", part)
        for index, part in enumerate(parts)
    )


WRITER = Writer(_write)
