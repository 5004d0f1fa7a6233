"""Receptive fields where paths join: over all of them, over the one with the smallest field, or over all but gates.

Gates are values computed beside a network's main path and stretched onto it. A squeeze-and-excitation block averages
a map and multiplies the map by a function of the averages. Strictly, every element then sees the whole input; papers
give the field of the gated path. Sizes identify a gate: an elementwise layer takes it along axes of size 1 where
another input follows an input axis, window by window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import lcm

from netspec.analysis.seen_input import UNKNOWN, WHOLE, Extent, Seen, Sight, Work, shortest
from netspec.graph import Graph, Node
from netspec.layers.reach import LONGEST_PERIOD
from netspec.shape import Shape


def join_largest(sights: Sequence[Sight], work: Work) -> Sight:
    """The field over all paths: the union of the windows, where they move alike; `work` pays for it."""
    return sights[0] if len(sights) == 1 else tuple(_union(each, work) for each in _by_axis(sights))


def join_chosen(sights: Sequence[Sight], chosen: Sequence[Sequence[int]], work: Work) -> Sight:
    """The field over some paths, which `chosen` lists for each axis of the network's input."""
    return tuple(_union(tuple(sights[at][axis] for at in paths), work) for axis, paths in enumerate(chosen))


def join_smallest(sights: Sequence[Sight], work: Work) -> Sight:
    """The field over the path with the smallest one; `work` pays for it."""
    return sights[0] if len(sights) == 1 else tuple(_least(each, work) for each in _by_axis(sights))


def _by_axis(sights: Sequence[Sight]) -> list[tuple[Seen | Extent, ...]]:
    return list(zip(*(sight for sight in sights if sight), strict=True))


def _union(sights: tuple[Seen | Extent, ...], work: Work) -> Seen | Extent:
    if WHOLE in sights:
        return WHOLE
    alike = _alike(sights, work)
    if alike is None:
        return _lost(sights)
    spans = []
    for index in range(len(alike[0].spans)):
        found = [span for span in (each.spans[index] for each in alike) if span]
        spans.append((min(span[0] for span in found), max(span[1] for span in found)) if found else None)
    return shortest(Seen(alike[0].axis, alike[0].step, tuple(spans)))


def _least(sights: tuple[Seen | Extent, ...], work: Work) -> Seen | Extent:
    finite = tuple(each for each in sights if each != WHOLE)
    alike = _alike(finite, work) if finite else None
    if alike is None:
        return _lost(finite) if finite else WHOLE
    return shortest(min(alike, key=lambda each: each.size))


def _lost(sights: tuple[Seen | Extent, ...]) -> Extent:
    """The axes along which the input's axis lies; unknown as soon as those of one field are."""
    axes = [frozenset((each.axis,)) if isinstance(each, Seen) else each.along for each in sights]
    return Extent(along=frozenset().union(*axes)) if all(axes) else UNKNOWN


def _alike(sights: tuple[Seen | Extent, ...], work: Work) -> list[Seen] | None:
    """Windows with a common period; None where they do not move alike."""
    windows = [each for each in sights if isinstance(each, Seen)]
    if len(windows) < len(sights) or len({(each.axis, each.stride) for each in windows}) > 1:
        return None
    period = lcm(*(len(each.spans) for each in windows))
    if period > LONGEST_PERIOD or (period > 1 and not work.spend(period * len(windows))):
        return None
    return [
        Seen(each.axis, each.step * period // len(each.spans), tuple(each.span(index) for index in range(period)))
        for each in windows
    ]


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
