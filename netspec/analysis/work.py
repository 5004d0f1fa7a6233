"""Multiply-accumulates, for one example."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.analysis.unknown_sums import times, total
from netspec.graph import Graph
from netspec.objects.immutable import immutable


@immutable
class WorkCounts:
    """Multiply-accumulates (MACs) of one example's forward pass; None is unknown.

    Attributes:
        nodes: MACs by node key; 0 for side branches that run in training alone, so that all nodes sum up to `total`.
        total: For a forward pass in evaluation mode.
        training: For a forward pass in training mode, with side branches.
    """

    nodes: Mapping[str, int | None]
    total: int | None
    training: int | None

    @property
    def flops(self) -> int | None:
        """Floating-point operations: two for each multiply-accumulate."""
        return times(self.total, 2)


def count_work(graph: Graph) -> WorkCounts:
    """Ask every layer for its MACs. A module that is called twice works twice."""
    everything = {key: node.layer.macs(node.input_shapes, node.output_shapes) for key, node in graph.nodes.items()}
    counted = {key: 0 if graph.nodes[key].training_only else macs for key, macs in everything.items()}
    return WorkCounts(counted, total(counted.values()), total(everything.values()))
