"""Receptive fields: the part of the input that one output element sees.

Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019: going forward, a
layer with kernel extent ``k``, stride ``s`` and padding ``p`` turns a field of ``size``, ``stride`` (also called jump)
and ``start`` into ``size + (k - 1) stride``, ``s stride`` and ``start - p stride``. Where paths join, an element sees
the union of their fields; the smallest field is kept besides, and the field without gates. Fields are
those of a boundless input: beyond the border lies padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from netspec.analysis.joining import beside, join_chosen, join_largest, join_smallest, ungated
from netspec.analysis.seen_input import NOTHING, UNKNOWN, Seen, Sight, Work, seen_through
from netspec.graph import Graph, Node
from netspec.layers.base import Reach, Window
from netspec.objects.immutable import immutable
from netspec.shape import Shapes, product

Extents = tuple[Seen | Literal["global", "unknown"], ...] | None
"""The windows along each spatial axis of the input, or a word for fields without windows."""


@immutable
class ReceptiveField:
    """A field per spatial axis of the input, in input elements.

    Attributes:
        size: The extent that one element sees; the widest where elements differ, as after a transposed convolution.
        stride: The step between the fields of neighbours; a fraction where several share one, as after upsampling.
        start: The start of the first element's field; negative in the padding.
    """

    size: tuple[int, ...]
    stride: tuple[int | Fraction, ...]
    start: tuple[int, ...]


@immutable
class ReceptiveFields:
    """Receptive fields of every node's outputs, by key.

    Attributes:
        nodes: The field over all paths; None where it is not finite and known along every axis.
        smallest: The field over the smallest path alone, such as the one along the shortcuts.
        main: The field over all paths but those through gates; also None for nodes that are computed for gates alone.
        extents: The steps along each spatial axis, or that the field is global or unknown. None for nodes that see
            nothing, such as a free parameter.
    """

    nodes: Mapping[str, ReceptiveField | None]
    smallest: Mapping[str, ReceptiveField | None]
    main: Mapping[str, ReceptiveField | None]
    extents: Mapping[str, Extents]


def trace_receptive_fields(graph: Graph) -> ReceptiveFields:
    """Compose the layers' fields along the flow."""
    largest = _inputs(graph)
    smallest: dict[str, Sight] = {}  # these hold only differences from `largest`: in most layers no paths have met
    main: dict[str, Sight] = {}
    work, main_work = Work(), Work()
    gates: dict[str, frozenset[int]] = {}
    reaches = _Reaches()
    for key, node in graph.nodes.items():
        sources = [value.key for value in node.inputs]
        if len(sources) == 1 and largest[sources[0]] is NOTHING:
            largest[key] = NOTHING
            continue
        pointwise, reach = reaches.of(node) if sources else (False, None)
        if len(sources) == 1 and pointwise:
            for sights in (largest, smallest, main):
                if sources[0] in sights:
                    sights[key] = sights[sources[0]]
            continue
        over_all = [largest[source] for source in sources]
        over_main = [main.get(source, largest[source]) for source in sources]
        largest[key] = join_largest(_all_through(over_all, reach, node, work), work)
        if len(sources) != 1 or sources[0] in smallest:
            least = [smallest.get(source, largest[source]) for source in sources]
            smallest[key] = join_smallest(_all_through(least, reach, node, work), work)
        paths = ungated(node, over_main) if pointwise else []
        if paths:
            gates[key] = frozenset(at for at, sight in enumerate(over_main) if sight).difference(*paths)
        if paths and any(len(each) < len(sources) for each in paths):
            main[key] = join_chosen(_all_through(over_main, reach, node, main_work), paths, main_work)
        elif any(source in main for source in sources):
            main[key] = join_largest(_all_through(over_main, reach, node, main_work), main_work)
    fields = {key: _field(largest[key]) for key in graph.nodes}
    return ReceptiveFields(
        fields,
        {**fields, **{key: _field(sight) for key, sight in smallest.items()}},
        {**fields, **{key: _field(sight) for key, sight in main.items()}, **dict.fromkeys(beside(graph, gates))},
        {key: _extents(largest[key]) for key in graph.nodes},
    )


class _Reaches:
    """The reach of each layer's output elements, found once for all its calls with inputs of the same shapes."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, Shapes], tuple[bool, Reach | None]] = {}

    def of(self, node: Node) -> tuple[bool, Reach | None]:
        """Whether a node's layer works on each element alone, and its reach; None if that is unknown."""
        key = id(node.layer), node.input_shapes
        if key not in self._found:
            found = node.layer.receptive_field(node.input_shapes)
            self._found[key] = (found.is_pointwise, found.reach()) if isinstance(found, Window) else (False, found)
        return self._found[key]


def _all_through(sights: Sequence[Sight], reach: Reach | None, node: Node, work: Work) -> list[Sight]:
    """The fields of the node's outputs through each of its inputs, whose own fields are `sights`."""
    return [_through(sight, reach, node, at, work) for at, sight in enumerate(sights)]


def _inputs(graph: Graph) -> dict[str, Sight]:
    """Fields of the inputs' elements: each sees itself, where all images have one size; vectors have no axis to see."""
    shapes = {name: source.shape[1:] for name, source in graph.inputs.items()}
    sizes = {size for size in shapes.values() if size}
    axes = range(1, 1 + max(map(len, sizes), default=0))
    start: Sight = tuple(Seen(axis, 1, ((0, 0),)) if len(sizes) == 1 else UNKNOWN for axis in axes)
    return {name: start if size else NOTHING for name, size in shapes.items()}


def _through(sight: Sight, reach: Reach | None, node: Node, at: int, work: Work) -> Sight:
    """The field of the node's outputs through the input at that position."""
    if sight is NOTHING:
        return sight
    stretched = _stretched(node, at) if len(node.inputs) > 1 else frozenset()
    return tuple([seen_through(each, reach, stretched, work) for each in sight])


def _stretched(node: Node, at: int) -> frozenset[int]:
    """Axes of size 1 of one input that another input enlarges."""
    pairs = zip(node.inputs[at].shape, node.outputs[0].shape, strict=False)
    return frozenset([axis for axis, (size, wanted) in enumerate(pairs) if size == 1 != wanted])


@lru_cache(maxsize=1024)  # most layers have the same field as the one before them
def _field(sight: Sight) -> ReceptiveField | None:
    axes = [each for each in sight if isinstance(each, Seen)]
    if not axes or len(axes) < len(sight) or any(each.start is None for each in axes):
        return None
    return ReceptiveField(
        tuple(each.size for each in axes),
        tuple(each.stride for each in axes),
        tuple(each.start for each in axes if each.start is not None),
    )


def _extents(sight: Sight) -> Extents:
    if sight is NOTHING:
        return None
    return tuple(each if isinstance(each, Seen) else "global" if each.whole else "unknown" for each in sight)


def widest_field(graph: Graph, fields: ReceptiveFields) -> ReceptiveField | None:
    """The largest local receptive field of the network's layers, which papers quote.

    It is that of the last convolution or pooling before a layer that sees everything, such as a global pooling, an
    attention or a linear map of the whole image. Gates are no part of the main path, and leave its field as it is; side
    branches that run in training alone do not count.

    Returns:
        The field with the most input elements, the first of equals; None where every layer sees everything, or the
        input has no spatial axes.
    """
    local = (
        field
        for key, field in fields.main.items()
        if field is not None and field.size and not graph.nodes[key].training_only
    )
    return max(local, key=lambda field: product(field.size), default=None)


def is_unknown(graph: Graph, fields: ReceptiveFields) -> bool:
    """Whether a result of the network sees an unknown part of the input."""
    seen = (fields.extents.get(value.key) for value in graph.outputs.values())
    return any("unknown" in extents for extents in seen if extents is not None)
