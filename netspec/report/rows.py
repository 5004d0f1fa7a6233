"""The scope tree as the rows of a table: blocks above their contents, deep ones folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis import Analysis
from netspec.graph import Scope
from netspec.objects.immutable import immutable
from netspec.report.document import Inline, Row
from netspec.report.layer_columns import DEFAULT, LAYER_COLUMNS, LayerColumn, is_marked
from netspec.report.loops import Loop, loop_of
from netspec.report.numbers import View


@immutable
class _Pending:
    """A part of the tree that is not laid out yet, and the row above it."""

    part: Scope | str
    parent: str
    level: int


def table_rows(analysis: Analysis, view: View) -> Iterator[Row]:
    """Lay out the network in the order of its text; modules below the view's levels are summed up in one row.

    Of the columns, the first is ``name``: the whole path (of a further call of a module, ``path#2``); a block has its
    own name for a type. Headings have no figures: columns sum to the totals.
    """
    columns = [LAYER_COLUMNS[name] for name in DEFAULT]
    pending = [_Pending(child, "", 0) for child in reversed(analysis.graph.root.children)]
    while pending:
        this = pending.pop()
        if isinstance(this.part, str):
            yield _layer_row(analysis, this.part, this.parent, this.level, view, columns)
            continue
        scope = whole = this.part.innermost()
        parent, level = this.parent, this.level
        loop = loop_of(analysis.graph, whole)
        if scope.level or loop is not None:
            keys = list(scope.node_keys())
            if not keys:
                continue
            if loop is not None:
                scope = loop.called
            folded = view.depth is not None and level + 1 >= view.depth
            row = _block_row(analysis, scope, keys, parent, level, view, columns, heading=not folded)
            yield row if loop is None else row._replace(cells=tuple(_looped(row.cells, columns, loop)))
            if folded:
                continue
            parent, level = scope.path, level + 1
        below = [_Pending(child, parent, level) for child in scope.children]
        if loop is not None:  # its ends stand with what it runs
            ends = [_Pending(child, this.parent, level) for child in whole.children if child is not scope]
            below = [*ends[:1], *below, *ends[1:]]
        pending.extend(reversed(below))


def _layer_row(
    analysis: Analysis, key: str, parent: str, level: int, view: View, columns: Sequence[LayerColumn]
) -> Row:
    node = analysis.graph.nodes[key]
    return Row(
        tuple([column.cell(analysis, node, view) for column in columns]),
        name=_below(parent, key),
        level=level,
        mark=is_marked(analysis, node),
    )


def _block_row(
    analysis: Analysis,
    scope: Scope,
    keys: list[str],
    parent: str,
    level: int,
    view: View,
    columns: Sequence[LayerColumn],
    *,
    heading: bool,
) -> Row:
    nodes = [analysis.graph.nodes[key] for key in keys]
    return Row(
        tuple([column.block(analysis, scope, nodes, view, heading=heading) for column in columns]),
        name=_below(parent, scope.path),
        level=level,
        heading=heading,
        mark=all(is_marked(analysis, node) for node in nodes),
    )


def _looped(cells: Sequence[Inline], columns: Sequence[LayerColumn], loop: Loop) -> Iterator[Inline]:
    """The cells of a block that a loop runs: its type says so."""
    for cell, column in zip(cells, columns, strict=True):
        is_type = column is LAYER_COLUMNS["type"]
        yield f"{loop.steps} x {loop.called.label} {loop.over}" if is_type else cell


def _below(parent: str, path: str) -> str:
    return path.removeprefix(f"{parent}.") if parent else path
