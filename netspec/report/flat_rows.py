"""Layers as a flat table of chosen columns, without the blocks that they are in; rows that repeat are told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis import Analysis
from netspec.graph import Node
from netspec.report import document as doc
from netspec.report.layer_columns import LAYER_COLUMNS, is_marked
from netspec.report.numbers import View
from netspec.report.papers import is_listed
from netspec.report.repeats import repeats

_NAMING = {"name", "line"}
"""Columns by which layers differ though they are alike."""

_OF_PAPERS = {"step", "filter"}
"""Columns that have something to tell of those layers alone that papers list."""


def shown_nodes(analysis: Analysis, names: Sequence[str]) -> list[Node]:
    """All layers; in a table of papers' columns, without their names, those that papers list."""
    nodes = analysis.graph.nodes.values()
    of_papers = _OF_PAPERS & {*names} and not _NAMING & {*names}
    return [node for node in nodes if is_listed(node)] if of_papers else [*nodes]


def flat_table(analysis: Analysis, view: View, names: Sequence[str]) -> doc.Table:
    """A row for each layer; where no column names it, ``5 x (`` and ``)`` before rows that follow five times."""
    columns = [LAYER_COLUMNS[name] for name in names]
    titles = [column.column._replace(beside=False) for column in columns]
    nodes = shown_nodes(analysis, names)
    rows = [tuple(column.cell(analysis, node, view) for column in columns) for node in nodes]
    marks = [is_marked(analysis, node) for node in nodes]
    alike = [(mark, tuple(_plain(cell) for cell in row)) for mark, row in zip(marks, rows, strict=True)]
    groups = [(at, 1, 1) for at in range(len(rows))] if _NAMING & {*names} else list(repeats(alike))
    if all(times == 1 for _, _, times in groups):
        return doc.Table(titles, [doc.Row(row, mark=mark) for mark, row in zip(marks, rows, strict=True)])

    def grouped() -> Iterator[doc.Row]:
        for first, size, times in groups:
            for at in range(first, first + size):
                before = f"{times} x" if times > 1 and at == first else ""
                bracket = (" (" if at == first else ")" * (at == first + size - 1)) if size > 1 else ""
                yield doc.Row((before + bracket, *rows[at]), mark=marks[at])

    return doc.Table([doc.Column(""), *titles], list(grouped()))


def _plain(cell: doc.Inline) -> str:
    return cell if isinstance(cell, str) else "".join(map(_plain, cell)) if isinstance(cell, tuple) else cell.text
