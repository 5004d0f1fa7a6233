"""Tables as SVG: each row a ``<g class="row">`` with what it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.picture import svg_file as svg
from netspec.picture.drawing import LINE, Row, Table
from netspec.picture.themes import Theme


def table_style(theme: Theme) -> str:
    """The style sheet of tables."""
    return (
        f".row>text{{font-size:{LINE:g}px;text-anchor:start;fill:{theme.text}}}.row>.number{{text-anchor:end}}"
        f".head>text,.row.aside>text{{fill:{theme.faint}}}.row>rect{{fill:none}}"
        f".rule{{stroke:{theme.edge};stroke-width:.8}}"
    )


def table_lines(table: Table) -> Iterator[str]:
    """A table from its head downwards, then its rules."""
    yield f'<g class="table"><rect {svg.rectangle(table.rect)} fill="none"/>'
    yield _row(table.head, "row head")
    for row in table.rows:
        yield _row(row, "row aside" if row.faint else "row")
    left, right = svg.number(table.rect.x), svg.number(table.rect.x + table.rect.width)
    for rule in table.rules:
        yield f'<path class="rule" d="M{left} {svg.number(rule)}H{right}"/>'
    yield "</g>"


def _row(row: Row, kind: str) -> str:
    data = "".join(f" data-{name}={svg.attribute(value)}" for name, value in row.data)
    texts = "".join(
        f'<text class="{"number" if cell.ends else "word"}" x="{svg.number(cell.x)}" y="{svg.number(cell.y)}">'
        f"{svg.text(cell.text)}</text>"
        for cell in row.cells
        if cell.text
    )
    return f'<g class="{kind}"{data}><rect {svg.rectangle(row.rect)}/>{texts}</g>'
