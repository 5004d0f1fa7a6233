r"""LaTeX for a paper: tables by booktabs, to be taken in by `\input`. Names are always escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from netspec.diagnostics.styled import plain, visible
from netspec.report import document as doc
from netspec.report.in_full import in_full
from netspec.report.page import Page
from netspec.report.prose import blocks
from netspec.report.writers import Writer

_SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "`": r"\textasciigrave{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "→": r"$\to$",
    "²": r"\textsuperscript{2}",
    "…": r"\ldots{}",
}
"""Signs that LaTeX would take for its own, or that not every font of its has."""

# Two hyphens, or two quotes, would become one sign.
_SPECIAL = re.compile("|".join([*map(re.escape, _SIGNS), "-(?=-)", "'(?=')"]))
_CODE = re.compile(r"`([^`\n]+)`")
_ADDRESS = re.compile(r"https?://[\w./:?=&%#~+,@-]+")


def _write(document: doc.Document, page: Page) -> Iterator[str]:
    """The parts, an empty line between them, below the title as a comment."""
    packages = r"\usepackage[T1]{fontenc} \usepackage{amsmath,booktabs,hyperref,textcomp}"
    head = f"% {visible(document.title)} needs {packages}"
    yield "\n\n".join([head, *_blocks(document.parts())]) + "\n"


def _blocks(parts: Iterable[doc.Part]) -> Iterator[str]:
    for part in in_full(parts):
        match part:
            case doc.Paragraph(text):
                yield _inline(text)
            case doc.Section(title):
                yield rf"\paragraph{{{_inline(title)}}}"
            case doc.Prose(text):
                yield from (_laid_out(block) if kind in _KEPT else _inline(block) for kind, block in blocks(text))
            case doc.Items(items):
                yield _list("itemize", (rf"\item {_inline(text)}" for text in items))
            case doc.Definitions(entries):
                yield _list("description", map(_entry, entries))
            case doc.Table(columns, rows):
                yield _table(columns, rows)
            case doc.Source():
                yield _laid_out(part.at())
            case doc.Lines() | doc.Running():
                yield _laid_out(plain(part.lines))


_KEPT = ("source", "laid out")
"""Kinds of blocks whose lines stay as they are."""


def _table(columns: Sequence[doc.Column], rows: Iterable[doc.Row]) -> str:
    kinds = "".join("r" if column.numeric else "l" for column in columns)
    titles = _row(_inline(column.title) for column in columns)
    body = [_row(_cells(row)) for row in rows if not row.heading]
    begin, end = rf"\begin{{tabular}}{{{kinds}}}", r"\end{tabular}"
    return "\n".join([begin, r"\toprule", titles, r"\midrule", *body, r"\bottomrule", end])


def _cells(row: doc.Row) -> Iterator[str]:
    first, *others = map(_inline, row.cells)
    indent = rf"\hspace*{{{row.level}em}}" if row.level else ""
    yield f"{indent}{_text(row.name) or first}{' *' if row.mark else ''}"
    yield from others


def _row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _list(kind: str, items: Iterable[str]) -> str:
    return "\n".join([rf"\begin{{{kind}}}", *items, rf"\end{{{kind}}}"])


def _entry(entry: doc.Entry) -> str:
    note = f" ({_inline(entry.note)})" if entry.note else ""
    return rf"\item[{{{_inline(entry.whole_name)}}}] {_inline(entry.text)}{note}"


def _laid_out(text: str) -> str:
    """Lines as they are; LaTeX's own `verbatim` ends where the text says so."""
    lines = text.rstrip().split("\n")
    return "\n".join([r"{\ttfamily\obeylines\obeyspaces%", *map(_text, lines), "}"])


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda sign: _SIGNS.get(sign[0], f"{sign[0]}{{}}"), visible(text))


def _address(target: str) -> str:
    return re.sub("[%#&_~]", lambda sign: f"\\{sign[0]}", target)


def _inline(piece: doc.Inline) -> str:
    match piece:
        case doc.Verbatim(text):
            return rf"\texttt{{{_text(text)}}}"
        case doc.Emphasis(text):
            return rf"\emph{{{_text(text)}}}"
        case doc.Math():
            return f"${piece.latex()}$"
        case doc.Link(text, target):
            shown = _text(text)
            return rf"\href{{{_address(target)}}}{{{shown}}}" if _ADDRESS.fullmatch(target) else shown
        case tuple():
            return "".join(map(_inline, piece))
    parts = _CODE.split(" ".join(piece.split("\n")))
    return "".join(rf"\texttt{{{_text(part)}}}" if index % 2 else _text(part) for index, part in enumerate(parts))


WRITER = Writer(_write)
