"""Equality of two texts: the networks that they make, and their other keys."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from netspec.fixes.text import Text
from netspec.graph import Graph, Node

_NETWORK = frozenset({"netspec", "layers", "sequence", "blocks", "let", "input", "inputs", "outputs", "doc"})
"""The keys that the graph includes, or that are for readers."""


def says(text: Text, graph: Graph | None) -> tuple[Any, ...]:
    """The meaning of a text: its network where it has one, and its other keys as written."""
    data = text.source.data
    if graph is None or not isinstance(data, dict):
        return (data,)
    return network(graph), {key: value for key, value in data.items() if key not in _NETWORK}


def network(graph: Graph) -> Hashable:
    """A network without the places of its source."""
    nodes = tuple(_node(node) for node in graph.nodes.values())
    inputs = tuple((name, each.shape, each.dtype, each.dynamic) for name, each in graph.inputs.items())
    outputs = tuple(graph.outputs.items()), tuple(graph.side_outputs.items())
    return graph.name, nodes, graph.order, inputs, outputs


def _node(node: Node) -> Hashable:
    initial = tuple((name, each.function, repr(each.arguments)) for name, each in node.initialisers.items())
    told = node.frozen, node.reuses, node.training_only, initial, tuple(node.ties.items())
    return node.key, node.path, repr(node.layer), repr(node.activation), node.inputs, node.outputs, told
