"""Units and connections, as LeCun counts them ("Gradient-based learning applied to document recognition", 1998)."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.analysis.unknown_sums import total
from netspec.graph import Graph
from netspec.objects.immutable import immutable
from netspec.shape import product


@immutable
class UnitCounts:
    """Units and connections of one example; None is unknown.

    Attributes:
        units: By node key: the output elements of layers that compute units, 0 for the others, unknown where a layer
            does not list its tensors, or their use.
        connections: The fan-ins of all units of a node, with biases, by node key.
        total_units: Sum of `units`.
        hidden_units: The sum without the layers whose units are the network's output.
        total_connections: Sum of `connections`.
    """

    units: Mapping[str, int | None]
    connections: Mapping[str, int | None]
    total_units: int | None
    hidden_units: int | None
    total_connections: int | None


def count_units(graph: Graph) -> UnitCounts:
    """Count units and connections; side branches that run in training alone have none."""
    units: dict[str, int | None] = {}
    connections: dict[str, int | None] = {}
    for key, node in graph.nodes.items():
        if node.training_only:
            units[key] = connections[key] = 0
        elif not node.layer.weights_known:
            units[key] = connections[key] = None
        elif node.layer.computes_units:
            units[key] = sum(product(shape) for shape in node.output_shapes)
            connections[key] = node.layer.count_connections(node.input_shapes, node.output_shapes)
        elif node.layer.macs(node.input_shapes, node.output_shapes) is None:  # so the use of its tensors is unknown
            units[key] = connections[key] = None
        else:
            units[key] = connections[key] = 0
    outputs = _output_layers(graph)
    return UnitCounts(
        units=units,
        connections=connections,
        total_units=total(units.values()),
        hidden_units=total(0 if key in outputs else count for key, count in units.items()),
        total_connections=total(connections.values()),
    )


def _output_layers(graph: Graph) -> set[str]:
    """Layers whose units reach an output of the network without passing through other units."""
    reaching = {value.key for value in graph.outputs.values()}
    found = set()
    for key in reversed(list(graph.nodes)):
        if key not in reaching:
            continue
        node = graph.nodes[key]
        if node.layer.computes_units:
            found.add(key)
        else:
            reaching.update(value.key for value in node.inputs)
    return found
