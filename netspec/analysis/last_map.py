"""The last map on the way to an output: before a flattening or a global pooling, positions still lie side by side."""

from __future__ import annotations

from netspec.graph import Graph, Value
from netspec.shape import Shape


def is_map(shape: Shape) -> bool:
    """Whether a tensor has positions along a height and a width, ``[C, H, W]``, and more than one of them."""
    return len(shape) == 3 and shape[1] * shape[2] > 1


def last_map(graph: Graph, output: str) -> Value | None:
    """The result, of the layer that runs last, that is a map and that the output depends on; None where none is.

    Positions in a sequence, as a transformer has them, are no map: there it is the map of the patches.
    """
    wanted = {graph.outputs[output]}
    for node in reversed(list(graph.nodes.values())):
        found = [value for value in node.outputs if value in wanted]
        for value in found:
            if is_map(value.shape):
                return value
        if found:
            wanted.update(node.inputs)
    return None
