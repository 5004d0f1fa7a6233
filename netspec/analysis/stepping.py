"""Networks that read a sequence place by place: whether the next place needs only what was kept of those before."""

from __future__ import annotations

from netspec.graph import Graph, Node


def obstacle(graph: Graph) -> str | None:
    """The key of the first layer that needs more than one place at once, and has kept nothing of the others.

    Without one, no result at a place depends on later places, and the modules that keep their `past` go on from it. The
    places are the first axis of every input and output.
    """
    places: dict[str, int | None] = dict.fromkeys(graph.inputs, 0)
    for key, node in graph.nodes.items():
        if node.training_only:
            continue
        taken = {places[value.key] for value in node.inputs} - {None}
        places[key] = _followed(node, places) if taken else None
        if taken and places[key] is None:
            return key
    return next((value.key for value in graph.outputs.values() if places[value.key] != 0), None)


def _followed(node: Node, places: dict[str, int | None]) -> int | None:
    """The axis of a node's results that holds the places; None where they do not follow one by one."""
    axes = [places[value.key] for value in node.inputs]
    (axis, *others) = {axis for axis in axes if axis is not None}
    if others or (node.reuses and node.layer.keeps_past):
        return None
    found = node.layer.followed(node.input_shapes, axis)
    if found is None or any(len(value.shape) <= found for value in node.outputs):
        return None
    if node.activation is not None and node.activation.followed(node.output_shapes[:1], found) != found:
        return None
    length = next(value.shape[axis] for value in node.inputs if places[value.key] is not None)
    for value, own in zip(node.inputs, axes, strict=True):
        if own is None and (len(value.shape) <= axis or value.shape[axis] != 1):
            return None  # it meets all places, not one after the other
    return found if all(value.shape[found] == length for value in node.outputs) else None
