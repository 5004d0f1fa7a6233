"""The scope tree as the rows of a table: blocks above their contents, deep ones folded."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Scope
from netspec.objects.immutable import immutable
from netspec.report.document import Row, Verbatim
from netspec.report.numbers import View, count, shapes_text


@immutable
class _Pending:
    """A part of the tree that is not laid out yet, and the row above it."""

    part: Scope | str
    parent: str
    level: int


def table_rows(analysis: Analysis, view: View) -> Iterator[Row]:
    """Lay out the network in the order of its text; modules below the view's levels are summed up in one row.

    A row's cells are the whole path (of a further call of a module, ``path#2``), the layer's class or the block's name,
    output shapes, learned scalars and multiply-accumulates. Headings have no figures: columns sum to the totals.
    """
    pending = [_Pending(child, "", 0) for child in reversed(analysis.graph.root.children)]
    while pending:
        this = pending.pop()
        if isinstance(this.part, str):
            yield _layer_row(analysis, this.part, this.parent, this.level, view)
            continue
        scope = this.part.innermost()
        parent, level = this.parent, this.level
        if scope.level:
            keys = list(scope.node_keys())
            if not keys:
                continue
            folded = view.depth is not None and level + 1 >= view.depth
            yield _block_row(analysis, scope, keys, parent, level, view, heading=not folded)
            if folded:
                continue
            parent, level = scope.path, level + 1
        pending.extend(_Pending(child, parent, level) for child in reversed(scope.children))


def _layer_row(analysis: Analysis, key: str, parent: str, level: int, view: View) -> Row:
    node = analysis.graph.nodes[key]
    figures = (count(analysis.weights.nodes[key].params), count(analysis.work.nodes[key]))
    return Row(
        (Verbatim(key), node.layer.type_name(node.input_shapes), shapes_text(node.output_shapes, view), *figures),
        name=_below(parent, key),
        level=level,
        mark=node.training_only,
    )


def _block_row(
    analysis: Analysis, scope: Scope, keys: list[str], parent: str, level: int, view: View, *, heading: bool
) -> Row:
    nodes = [analysis.graph.nodes[key] for key in keys]
    figures = ("", "")
    if not heading:
        params = total(analysis.weights.nodes[key].params for key in keys)
        figures = (count(params), count(total(analysis.work.nodes[key] for key in keys)))
    return Row(
        (Verbatim(scope.path), _block_type(scope), shapes_text(nodes[-1].output_shapes, view), *figures),
        name=_below(parent, scope.path),
        level=level,
        heading=heading,
        mark=all(node.training_only for node in nodes),
    )


def _block_type(scope: Scope) -> str:
    """``bottleneck``, or ``4 x bottleneck`` for a repeat of it."""
    if scope.kind != "repeat":
        return scope.label
    labels = {child.innermost().label if isinstance(child, Scope) else scope.label for child in scope.children}
    return f"{len(scope.children)} x {labels.pop() if len(labels) == 1 else scope.label}"


def _below(parent: str, path: str) -> str:
    return path.removeprefix(f"{parent}.") if parent else path
