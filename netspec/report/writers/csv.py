"""CSV: the document's rows, without totals, so that a column's sum is its total."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from netspec.report.document import Document
from netspec.report.numbers import UNKNOWN
from netspec.report.page import Page
from netspec.report.writers import Writer


def _write(document: Document, page: Page) -> Iterator[str]:
    """The names of the columns, then the rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns, rows = document.sheet()
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    yield text.getvalue()


def _cell(value: Any) -> str:
    """A value; shapes are joined by ``x``, names by blanks."""
    if isinstance(value, list | tuple):
        return ("x" if all(isinstance(each, int) for each in value) else " ").join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return UNKNOWN if value is None else str(value)


WRITER = Writer(_write, for_people=False)
