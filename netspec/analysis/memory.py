"""Bytes of the tensors between layers, for one example."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.autograd import DTYPE_BYTES
from netspec.graph import Graph, Value
from netspec.objects.immutable import immutable
from netspec.shape import product


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
    nodes = {key: 0 if node.training_only else sum(map(_bytes, node.outputs)) for key, node in graph.nodes.items()}
    return ActivationBytes(nodes, sum(nodes.values()))


def element_bytes(value: Value) -> int:
    """Bytes of one element."""
    return DTYPE_BYTES[value.dtype]


def _bytes(value: Value) -> int:
    return product(value.shape) * element_bytes(value)
