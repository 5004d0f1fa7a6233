"""Units and connections, as LeCun counts them ("Gradient-based learning applied to document recognition", 1998)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netspec.analysis.tally import total
from netspec.graph import Graph
from netspec.shape import product


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """Units and connections of one example; None is unknown.

    Attributes:
        units: By node key: the output elements of layers that compute units, 0 for the others.
        connections: By node key: the fan-ins of all its units, biases included.
        total_units: Sum of `units`.
        hidden_units: That sum without the layers whose units are the network's output.
        total_connections: Sum of `connections`.
    """

    units: Mapping[str, int]
    connections: Mapping[str, int | None]
    total_units: int
    hidden_units: int
    total_connections: int | None


def count_units(graph: Graph) -> UnitCounts:
    """Count units and connections; side branches that run in training alone have none."""
    units: dict[str, int] = {}
    connections: dict[str, int | None] = {}
    for key, node in graph.nodes.items():
        computes = node.layer.computes_units and not node.training_only
        units[key] = sum(product(shape) for shape in node.output_shapes) if computes else 0
        connections[key] = node.layer.count_connections(node.input_shapes, node.output_shapes) if computes else 0
    all_units = sum(units.values())
    return UnitCounts(
        units=units,
        connections=connections,
        total_units=all_units,
        hidden_units=all_units - sum(units[key] for key in _output_layers(graph)),
        total_connections=total(connections.values()),
    )


def _output_layers(graph: Graph) -> list[str]:
    """Layers whose units reach an output of the network without passing through other units."""
    reaching = {value.key for value in graph.outputs.values()}
    found = []
    for key in reversed(list(graph.nodes)):
        if key not in reaching:
            continue
        node = graph.nodes[key]
        if node.layer.computes_units:
            found.append(key)
        else:
            reaching.update(value.key for value in node.inputs)
    return found
