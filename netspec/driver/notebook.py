"""What a notebook shows of a spec and of its analysis: a picture and tables, as HTML that can do nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from netspec.analysis import Analysis
from netspec.diagnostics import NetspecError
from netspec.diagnostics.styled import visible
from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from netspec.driver.spec import Spec

MOST_ROWS = 40
"""The most rows of the table."""
MOST_CHARACTERS = 100_000
"""The longest picture, as SVG, that is shown."""


@immutable
class ShownAnalysis(Analysis):
    """An analysis that notebooks show as the table of its layers and the totals."""

    __repr__ = Analysis.__repr__

    def _repr_html_(self) -> str:
        return analysis_shown(self)


def shown(spec: Spec) -> str:
    """The HTML for a notebook; for a network that is wrong, its mistakes.

    The picture is an image, in which neither a script nor a style of its own reaches the notebook.
    """
    from netspec.analysis import analyze

    try:
        analysis = analyze(spec.elaborated())
    except NetspecError as error:
        return error._repr_html_()
    return "".join(_lines(spec, analysis))


def analysis_shown(analysis: Analysis) -> str:
    """The HTML of an analysis: the table of its layers, long networks folded, and the totals."""
    from netspec.report.numbers import View
    from netspec.report.summary import totals

    few = len(analysis.graph.nodes) <= MOST_ROWS
    rows = "".join(
        f"<tr><th>{_text(name)}</th><td>{_text(figure)}</td></tr>" for name, figure in totals(analysis, View()).items()
    )
    layers = "".join(_table(analysis, None if few else 1))
    return f"<p><b>{_text(analysis.graph.name)}</b></p>{layers}<table>{rows}</table>"


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


def _table(analysis: Analysis, depth: int | None = 1) -> Iterator[str]:
    from netspec.report.numbers import View
    from netspec.report.rows import table_rows

    yield "<table><tr><th>Layer</th><th>Type</th><th>Output</th><th>Params</th><th>MACs</th></tr>"
    rows = table_rows(analysis, View(depth=depth))
    for row in islice(rows, MOST_ROWS):
        path, *others = (getattr(cell, "text", cell) for cell in row.cells)
        cells = "".join(f"<td>{_text(str(cell))}</td>" for cell in others)
        yield f"<tr><th>{_text(str(path))}</th>{cells}</tr>"
    more = sum(1 for _ in rows)
    yield f"</table>{f'<p>and {more:,} more</p>' if more else ''}"


def _text(text: str) -> str:
    return escape(visible(text, "\n\t"))
