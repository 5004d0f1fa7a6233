"""The scope tree as the rows of a table: blocks above their contents, deep ones folded."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Scope
from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Row:
    """A row.

    Attributes:
        name: Module path below the block the row stands in.
        path: Whole module path; of a further call of a module, ``path#2``.
        type: The layer's class, or the block's name.
        level: Levels of nesting above it.
        shapes: Output shapes without the batch.
        params: Learned scalars; None is unknown.
        macs: Multiply-accumulates; None is unknown.
        heading: Whether its parts follow. Its figures are 0 and not shown, so that columns sum to the totals.
        training_only: Whether it runs in training alone.
    """

    name: str
    path: str
    type: str
    level: int
    shapes: tuple[Shape, ...]
    params: int | None
    macs: int | None
    heading: bool = False
    training_only: bool = False


@immutable
class _Pending:
    """A part of the tree that is not laid out yet, and the row above it."""

    part: Scope | str
    parent: str
    level: int


def table_rows(analysis: Analysis, depth: int | None = None) -> Iterator[Row]:
    """Lay out the network in the order of its text; modules below `depth` levels are summed up in one row."""
    pending = [_Pending(child, "", 0) for child in reversed(analysis.graph.root.children)]
    while pending:
        this = pending.pop()
        if isinstance(this.part, str):
            yield _layer_row(analysis, this.part, this.parent, this.level)
            continue
        scope = this.part.innermost()
        parent, level = this.parent, this.level
        if scope.level:
            keys = list(scope.node_keys())
            if not keys:
                continue
            folded = depth is not None and level + 1 >= depth
            yield _block_row(analysis, scope, keys, parent, level, heading=not folded)
            if folded:
                continue
            parent, level = scope.path, level + 1
        pending.extend(_Pending(child, parent, level) for child in reversed(scope.children))


def _layer_row(analysis: Analysis, key: str, parent: str, level: int) -> Row:
    node = analysis.graph.nodes[key]
    return Row(
        name=_below(parent, key),
        path=key,
        type=node.layer.type_name(node.input_shapes),
        level=level,
        shapes=node.output_shapes,
        params=analysis.weights.nodes[key].params,
        macs=analysis.work.nodes[key],
        training_only=node.training_only,
    )


def _block_row(analysis: Analysis, scope: Scope, keys: list[str], parent: str, level: int, *, heading: bool) -> Row:
    nodes = [analysis.graph.nodes[key] for key in keys]
    return Row(
        name=_below(parent, scope.path),
        path=scope.path,
        type=_block_type(scope),
        level=level,
        shapes=nodes[-1].output_shapes,
        params=0 if heading else total(analysis.weights.nodes[key].params for key in keys),
        macs=0 if heading else total(analysis.work.nodes[key] for key in keys),
        heading=heading,
        training_only=all(node.training_only for node in nodes),
    )


def _block_type(scope: Scope) -> str:
    """``bottleneck``, or ``4 x bottleneck`` for a repeat of it."""
    if scope.kind != "repeat":
        return scope.label
    labels = {child.innermost().label if isinstance(child, Scope) else scope.label for child in scope.children}
    return f"{len(scope.children)} x {labels.pop() if len(labels) == 1 else scope.label}"


def _below(parent: str, path: str) -> str:
    return path.removeprefix(f"{parent}.") if parent else path
