"""Gates: values computed beside a network's main path and stretched onto it.

A squeeze-and-excitation block averages a map and multiplies the map by a function of the averages. Strictly, every
element then sees the whole input; papers give the field of the gated path. Sizes identify a gate: an elementwise
layer takes it along axes of size 1 where another input follows an input axis, window by window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from netspec.analysis.seen_input import Seen, Sight
from netspec.graph import Graph, Node
from netspec.shape import Shape


def ungated(node: Node, sights: Sequence[Sight]) -> list[tuple[int, ...]]:
    """The inputs of an elementwise layer that are no gates, for each spatial axis of the network's input.

    Args:
        node: The layer's call.
        sights: The field of each of its inputs.
    """
    axes = max(map(len, sights))
    seeing = [at for at, sight in enumerate(sights) if sight]
    return [_ungated(node, {at: _walked(sights[at], axis) for at in seeing}) for axis in range(axes)]


def _walked(sight: Sight, axis: int) -> frozenset[int]:
    """The axes of a tensor that follow an axis of the network's input."""
    seen = sight[axis]
    return frozenset((seen.axis,)) if isinstance(seen, Seen) else seen.along


def _ungated(node: Node, walked: Mapping[int, frozenset[int]]) -> tuple[int, ...]:
    made, given = node.output_shapes[0], node.input_shapes
    moving = [
        at for at, axes in walked.items() if axes and all(_size(given[at], axis) == _size(made, axis) for axis in axes)
    ]
    along = frozenset().union(*(walked[at] for at in moving))
    return tuple(at for at in walked if at in moving or not along or any(_size(given[at], axis) != 1 for axis in along))


def _size(shape: Shape, axis: int) -> int:
    """The size along an axis; a tensor without that axis is stretched along it."""
    return shape[axis] if axis < len(shape) else 1


def beside(graph: Graph, gates: Mapping[str, Collection[int]]) -> frozenset[str]:
    """The nodes whose results reach the network's results through gates alone.

    Args:
        graph: The network.
        gates: Positions of the inputs that are gates along every axis, by node.
    """
    if not any(gates.values()):
        return frozenset()
    taken: dict[str, bool] = {value.key: True for value in (*graph.outputs.values(), *graph.side_outputs.values())}
    for key, node in reversed([*graph.nodes.items()]):
        for at, value in enumerate(node.inputs):
            on_path = taken.get(key, True) and at not in gates.get(key, ())
            taken[value.key] = taken.get(value.key, False) or on_path
    return frozenset(key for key in graph.nodes if not taken.get(key, True))
