"""What one unit of a layer sees of every tensor before it, followed backwards by the layers' own reach.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019: the window of
elements ``a`` to ``b`` of an axis begins where that of ``a`` does and ends where that of ``b`` does. Where paths meet,
the unit sees from the least to the last of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.graph import Graph, Node, Value
from netspec.layers.reach import Along, Mixed, Reach, Window
from netspec.objects.immutable import immutable
from netspec.shape import Shape

Interval = tuple[int, int]
"""First and last element; both may lie beyond a map's ends, in the padding."""
Seen = tuple[Interval | None, ...]
"""The seen elements along each axis of a tensor; None where they are unknown."""


@immutable
class SeenMap:
    """A tensor on the way to a unit, and what the unit sees of it."""

    key: str
    shape: Shape
    seen: Seen


def middle_unit(shape: Shape) -> Seen:
    """The unit in the middle of a map, in all its channels; of a vector the middle one."""
    if len(shape) < 2:
        return tuple([(size // 2, size // 2) for size in shape])
    return ((0, shape[0] - 1), *[(size // 2, size // 2) for size in shape[1:]])


def seen_by(graph: Graph, node: Node) -> dict[tuple[str, int], Seen]:
    """What the middle unit of a layer's first output sees of each tensor that it is made of, itself included."""
    found: dict[tuple[str, int], Seen] = {(node.key, 0): middle_unit(node.output_shapes[0])}
    nodes = list(graph.nodes.values())
    for each in reversed(nodes[: nodes.index(node) + 1]):
        for index in range(len(each.outputs)):
            seen = found.get((each.key, index))
            if seen is None:
                continue
            reach = each.layer.receptive_field(each.input_shapes) if each.inputs else None
            moving = reach.reach() if isinstance(reach, Window) else reach
            for value in each.inputs:
                place = (value.key, value.index)
                behind = _behind(moving, seen, value, each.output_shapes[index], alone=len(each.inputs) == 1)
                found[place] = _joined(found[place], behind) if place in found else behind
    return found


def way(graph: Graph, node: Node) -> list[SeenMap]:
    """The maps from the network's input to a layer, along the path of most layers."""
    seen = seen_by(graph, node)
    depth = dict.fromkeys(graph.inputs, 0)
    for key, each in graph.nodes.items():
        depth[key] = 1 + max([depth[value.key] for value in each.inputs], default=0)
    here = Value(node.key, 0, node.output_shapes[0])
    passed = [here]
    while here.key in graph.nodes and graph.nodes[here.key].inputs:
        here = max(graph.nodes[here.key].inputs, key=lambda value: depth[value.key])
        passed.append(here)
    return [SeenMap(each.key, each.shape, seen[each.key, each.index]) for each in reversed(passed)]


def _behind(reach: Reach | None, seen: Seen, value: Value, made: Shape, *, alone: bool) -> Seen:
    """What elements of a layer's output see of an input."""
    shape = value.shape
    if reach is None:
        return (None,) * len(shape)
    followed = {source for axis in reach.axes for source in _sources(axis)}
    found: list[Interval | None] = [
        None if at in reach.partial or at in followed else (0, size - 1) for at, size in enumerate(shape)
    ]
    for axis, given, size in zip(reach.axes, seen, made, strict=False):
        for source in _sources(axis):
            if source >= len(shape) or given is None:
                continue
            if shape[source] == 1 and not alone:  # stretched over the others
                found[source] = (0, 0)
            elif isinstance(axis, Along):
                found[source] = _along(axis, given)
            elif given == (0, size - 1):
                found[source] = (0, shape[source] - 1)
    return tuple(found)


def _sources(axis: Along | Mixed | None) -> Iterator[int]:
    if isinstance(axis, Along):
        yield axis.source
    elif isinstance(axis, Mixed):
        yield from axis.sources


def _along(axis: Along, given: Interval) -> Interval | None:
    """The elements that those of an interval see, one period after its first and before its last."""
    period = len(axis.spans)
    first, last = given
    if last - first < 2 * period:
        indices: Sequence[int] = range(first, last + 1)
    else:
        indices = [*range(first, first + period), *range(last - period + 1, last + 1)]
    spans = [(q * axis.step, span) for q, r in (divmod(i, period) for i in indices) if (span := axis.spans[r])]
    if not spans:
        return None
    return min(start + span[0] for start, span in spans), max(start + span[1] for start, span in spans)


def _joined(one: Seen, other: Seen) -> Seen:
    """From the least of two to the last."""
    return tuple(
        [
            None if a is None or b is None else (min(a[0], b[0]), max(a[1], b[1]))
            for a, b in zip(one, other, strict=True)
        ]
    )
