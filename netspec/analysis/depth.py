"""Weight layers: the depth in a paper's title."""

from __future__ import annotations

from netspec.graph import Graph
from netspec.objects.immutable import immutable


@immutable
class Depth:
    """Number of weight layers.

    Attributes:
        weight_layers: Layers with a kernel of their own (convolution, linear, ...), each module once; not those of side
            branches that run in training alone. Shortcut projections count, which is why ResNet-50 has 54.
    """

    weight_layers: int


def count_depth(graph: Graph) -> Depth:
    """Count the weight layers."""
    return Depth(
        sum(node.layer.weight_layer and not node.reuses and not node.training_only for node in graph.nodes.values())
    )
