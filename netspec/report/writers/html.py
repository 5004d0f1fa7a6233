"""HTML: one self-contained page, in the reader's light or dark colours. Names are always escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from netspec.diagnostics.styled import visible
from netspec.report import document as doc
from netspec.report.in_full import in_full
from netspec.report.page import Page
from netspec.report.prose import blocks
from netspec.report.writers import Writer

_STYLE = """\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #8884; vertical-align: top }
thead th { border-bottom: 2px solid #8888 }
.number { text-align: right; white-space: nowrap }
code, pre { font-family: ui-monospace, monospace; font-size: .92em }
pre { background: #8881; padding: .8rem; overflow-x: auto }
dt { float: left; clear: left; min-width: 12rem; font-weight: 600 } dd { margin: 0 0 .3rem 13rem }
.notes, .dim { opacity: .7; font-size: .9em }
.bold { font-weight: 600 } .red { color: #c33 } .green { color: #2a2 } .yellow { color: #a80 } .cyan { color: #088 }
.blue { color: #36c }
img { display: block; max-width: 100%; margin: 1rem 0 }
"""

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s\"]+)\)")


def _write(document: doc.Document, page: Page) -> Iterator[str]:
    """The page, piece by piece."""
    title = _inline(document.title)
    yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width">\n'
    yield f"<title>{_text(document.title) or 'netspec'}</title>\n<style>\n{_STYLE}</style>\n"
    if title:
        yield f"<h1>{title}</h1>\n"
    yield from _blocks(document.parts())
    yield "</html>\n"


def body(parts: Iterable[doc.Part]) -> str:
    """Parts without the page around them, for one that has its own."""
    return "".join(_blocks(parts))


def _blocks(parts: Iterable[doc.Part]) -> Iterator[str]:
    for part in in_full(parts):
        match part:
            case doc.Section(title):
                yield f'<h2 id="{_text(title)}">{_inline(title)}</h2>\n'
            case doc.Paragraph(text, style):
                yield f"<p{_class(style)}>{_inline(text)}</p>\n"
            case doc.Prose(text):
                yield from _prose(text)
            case doc.Items(items):
                opening = '<ul class="notes">' if isinstance(part, doc.Notes) else "<ul>"
                yield _list((f"<li>{_inline(text)}</li>" for text in items), opening)
            case doc.Definitions(entries):
                yield "<dl>\n"
                for each in entries:
                    note = f" ({_inline(each.note)})" if each.note else ""
                    yield f"<dt>{_inline(each.whole_name)}</dt><dd>{_inline(each.text)}{note}</dd>\n"
                yield "</dl>\n"
            case doc.Table(columns, rows):
                yield from _table(columns, rows)
            case doc.Source():
                yield f"<pre><code>{_text(part.at())}</code></pre>\n"
            case doc.Lines() | doc.Running():
                shown = ("".join(_span(text, style) for text, style in line) for line in part.lines)
                yield "<pre>" + "\n".join(shown) + "</pre>\n"
            case doc.Picture(words, light, dark, widest):
                dark_source = (
                    f'<source media="(prefers-color-scheme: dark)" srcset="{_png(dark)}">' if dark != light else ""
                )
                size = f' style="max-width: min(100%, {widest}px)"' if widest else ""
                yield f'<picture>{dark_source}<img src="{_png(light)}" alt="{_text(words)}"{size}></picture>\n'


def _table(columns: Sequence[doc.Column], rows: Iterable[doc.Row]) -> Iterator[str]:
    numeric = [' class="number"' if column.numeric else "" for column in columns]
    titles = (f"<th{style}>{_inline(column.title)}</th>" for column, style in zip(columns, numeric, strict=True))
    yield f"<table>\n<thead><tr>{''.join(titles)}</tr></thead>\n<tbody>\n"
    for row in rows:
        first = _inline(doc.Verbatim(row.name) if row.name else row.cells[0]) + (" *" if row.mark else "")
        indent = f' style="padding-left: {0.8 + 1.2 * row.level:.1f}rem"' if row.level else ""
        others = (f"<td{style}>{_inline(cell)}</td>" for cell, style in zip(row.cells[1:], numeric[1:], strict=True))
        style = "bold" if row.heading else row.style
        yield f"<tr{_class(style)}><td{indent}>{first}</td>{''.join(others)}</tr>\n"
    yield "</tbody>\n</table>\n"


def _prose(text: str) -> Iterator[str]:
    for kind, block in blocks(text):
        if kind in ("source", "laid out"):
            yield f"<pre><code>{_text(block)}</code></pre>\n"
        elif kind == "heading":
            yield f"<h2>{_inline(block)}</h2>\n"
        elif kind == "list":
            yield _list((f"<li>{_linked(each)}</li>" for each in re.split(r"(?m)^- ", block)[1:]), "<ul>")
        else:
            yield f"<p>{_linked(block)}</p>\n"


def _linked(text: str) -> str:
    return _LINK.sub(r'<a href="\2">\1</a>', _inline(text))


def _list(items: Iterable[str], opening: str) -> str:
    return "\n".join([opening, *items, "</ul>\n"])


def _png(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""


def _span(text: str, style: str) -> str:
    return f"<span{_class(style)}>{_text(text)}</span>" if style else _text(text)


def _text(text: str) -> str:
    return escape(visible(text, "\n\t"))


def _inline(piece: doc.Inline) -> str:
    match piece:
        case doc.Verbatim(text) | doc.Math(text=text):
            return f"<code>{_text(text)}</code>"
        case doc.Emphasis(text):
            return f"<em>{_text(text)}</em>"
        case doc.Link(text, target):
            safe = target.startswith(("https://", "http://", "#")) or ":" not in target
            return f'<a href="{escape(target)}">{_inline(text)}</a>' if safe else _inline(text)
        case tuple():
            return "".join(map(_inline, piece))
    return _CODE.sub(r"<code>\1</code>", _text(piece))


WRITER = Writer(_write)
