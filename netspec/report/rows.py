"""The scope tree as the rows of a table: blocks above their contents, deep ones folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis import Analysis
from netspec.graph import Scope
from netspec.objects.immutable import immutable
from netspec.report.document import Row
from netspec.report.layer_columns import DEFAULT, LAYER_COLUMNS, LayerColumn, is_marked
from netspec.report.numbers import View


@immutable
class _Pending:
    """A part of the tree that is not laid out yet, and the row above it."""

    part: Scope | str
    parent: str
    level: int


def table_rows(analysis: Analysis, view: View, names: Sequence[str] = DEFAULT) -> Iterator[Row]:
    """Lay out the network in the order of its text; modules below the view's levels are summed up in one row.

    Of the columns, the first is ``name``: the whole path (of a further call of a module, ``path#2``); a block has its
    own name for a type. Headings have no figures: columns sum to the totals.
    """
    columns = [LAYER_COLUMNS[name] for name in names]
    pending = [_Pending(child, "", 0) for child in reversed(analysis.graph.root.children)]
    while pending:
        this = pending.pop()
        if isinstance(this.part, str):
            yield _layer_row(analysis, this.part, this.parent, this.level, view, columns)
            continue
        scope = this.part.innermost()
        parent, level = this.parent, this.level
        if scope.level:
            keys = list(scope.node_keys())
            if not keys:
                continue
            folded = view.depth is not None and level + 1 >= view.depth
            yield _block_row(analysis, scope, keys, parent, level, view, columns, heading=not folded)
            if folded:
                continue
            parent, level = scope.path, level + 1
        pending.extend(_Pending(child, parent, level) for child in reversed(scope.children))


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


def _below(parent: str, path: str) -> str:
    return path.removeprefix(f"{parent}.") if parent else path
