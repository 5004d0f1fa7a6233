"""What a notebook shows of a spec: its picture and a table of its modules, as HTML that can do nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from netspec.diagnostics import NetspecError
from netspec.diagnostics.styled import plain, visible

if TYPE_CHECKING:
    from netspec.analysis import Analysis
    from netspec.driver.spec import Spec

MOST_ROWS = 40
"""The most rows of the table."""
MOST_CHARACTERS = 100_000
"""The longest picture, as SVG, that is shown."""


def shown(spec: Spec) -> str:
    """The HTML for a notebook; for a network that is wrong, its mistakes.

    The picture is an image, in which neither a script nor a style of its own reaches the notebook.
    """
    from netspec.analysis import analyze

    try:
        analysis = analyze(spec.elaborated())
    except NetspecError as error:
        from netspec.diagnostics.render import render

        return f"<pre>{_text(plain(render(error.diagnostics)))}</pre>"
    return "".join(_lines(spec, analysis))


def _lines(spec: Spec, analysis: Analysis) -> Iterator[str]:
    from netspec.driver.picture_file import Look, picture_file
    from netspec.report.numbers import count

    picture = str(picture_file(analysis, Look()))
    yield f"<p><b>{_text(spec.name)}</b>: {count(analysis.weights.total.params)} parameters, "
    yield f"{count(analysis.work.total)} MACs</p>"
    if len(picture) <= MOST_CHARACTERS:
        data = base64.b64encode(picture.encode()).decode()
        yield f'<img alt="The layers of {_text(spec.name)}" src="data:image/svg+xml;base64,{data}">'
    yield from _table(analysis)


def _table(analysis: Analysis) -> Iterator[str]:
    from netspec.report.numbers import View
    from netspec.report.rows import table_rows

    yield "<table><tr><th>Layer</th><th>Type</th><th>Output</th><th>Params</th><th>MACs</th></tr>"
    rows = table_rows(analysis, View(depth=1))
    for row in islice(rows, MOST_ROWS):
        path, *others = (getattr(cell, "text", cell) for cell in row.cells)
        cells = "".join(f"<td>{_text(str(cell))}</td>" for cell in others)
        yield f"<tr><th>{_text(str(path))}</th>{cells}</tr>"
    more = sum(1 for _ in rows)
    yield f"</table>{f'<p>and {more:,} more</p>' if more else ''}"


def _text(text: str) -> str:
    return escape(visible(text, "\n\t"))
