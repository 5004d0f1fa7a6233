"""Inputs that hold the lengths of padded sequences."""

from __future__ import annotations

from netspec.graph import Graph


def longest_sequences(graph: Graph) -> dict[str, int]:
    """The longest sequence that each input of lengths may tell, by its name; lengths are 1 at least."""
    found: dict[str, int] = {}
    for node in graph.nodes.values():
        longest = node.layer.length_bound(node.input_shapes)
        if longest is not None and (name := node.inputs[1].key) in graph.inputs:
            found[name] = min(longest, found.get(name, longest))
    return found
