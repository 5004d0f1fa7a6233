"""The summary as a Markdown table, as READMEs and reviews show it."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis import Analysis
from netspec.report.notes import conventions, totals
from netspec.report.numbers import View, count, shapes_text
from netspec.report.rows import Row, table_rows


def summary_markdown(analysis: Analysis, view: View | None = None) -> str:
    """A heading, the rows by their whole paths, totals and conventions."""
    return f"# {analysis.graph.name}\n\n{tables_markdown(analysis, view)}"


def tables_markdown(analysis: Analysis, view: View | None = None) -> str:
    """The same without its heading, for a page that has one."""
    return "\n".join(_lines(analysis, view or View())) + "\n"


def _lines(analysis: Analysis, view: View) -> Iterator[str]:
    yield "| Layer | Type | Output shape | Params | MACs |"
    yield "| --- | --- | --- | ---: | ---: |"
    for row in table_rows(analysis, view.depth):
        if not row.heading:
            yield _row(row, view)
    yield ""
    yield "| Total | |"
    yield "| --- | ---: |"
    for name, text in totals(analysis, view).items():
        yield f"| {name} | {text} |"
    yield ""
    for sentence in conventions(analysis, view):
        yield "- " + sentence.replace("*", "\\*")


def _row(row: Row, view: View) -> str:
    mark = " \\*" if row.training_only else ""
    shape = shapes_text(row.shapes, view)
    return f"| `{row.path}`{mark} | {row.type} | {shape} | {count(row.params)} | {count(row.macs)} |"
