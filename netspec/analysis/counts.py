"""Counts of a network's layers beside weights: work, units and connections, depth, and bytes of activations.

Units and connections are as LeCun counts them ("Gradient-based learning applied to document recognition", 1998).
"""

from __future__ import annotations

from collections.abc import Mapping

from netspec.analysis.unknown_sums import times, total
from netspec.autograd import DTYPE_BYTES
from netspec.graph import Graph, Value
from netspec.objects.immutable import immutable
from netspec.shape import product


@immutable
class WorkCounts:
    """Multiply-accumulates (MACs) of one example's forward pass; None is unknown.

    A detector's heads that run on regions work once for each, for as many as an image can have.

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
    """Ask every layer for its MACs. A module that is called twice works twice, one in a scan at every step."""
    everything = {
        key: times(node.layer.macs(node.input_shapes, node.output_shapes), graph.times(key))
        for key, node in graph.nodes.items()
    }
    counted = {key: 0 if graph.nodes[key].training_only else macs for key, macs in everything.items()}
    return WorkCounts(counted, total(counted.values()), total(everything.values()))


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
    """Count units and connections, for each region where there are some; side branches of training alone have none."""
    units: dict[str, int | None] = {}
    connections: dict[str, int | None] = {}
    for key, node in graph.nodes.items():
        if node.training_only:
            units[key] = connections[key] = 0
        elif not node.layer.weights_known:
            units[key] = connections[key] = None
        elif node.layer.computes_units:
            often = graph.times(key)
            units[key] = often * sum(product(shape) for shape in node.output_shapes)
            connections[key] = times(node.layer.count_connections(node.input_shapes, node.output_shapes), often)
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


@immutable
class ActivationBytes:
    """Bytes of the layers' outputs, each written once, for one example in evaluation mode.

    Attributes:
        nodes: Bytes by node key; 0 for side branches that run in training alone.
        total: Their sum.
    """

    nodes: Mapping[str, int]
    total: int


def count_activation_bytes(graph: Graph) -> ActivationBytes:
    """Add up every layer's outputs; float32 takes 4 bytes an element."""
    nodes = {
        key: 0 if node.training_only else graph.times(key) * sum(map(_bytes, node.outputs))
        for key, node in graph.nodes.items()
    }
    return ActivationBytes(nodes, sum(nodes.values()))


def element_bytes(value: Value) -> int:
    """Bytes of one element."""
    return DTYPE_BYTES[value.dtype]


def _bytes(value: Value) -> int:
    return product(value.shape) * element_bytes(value)
