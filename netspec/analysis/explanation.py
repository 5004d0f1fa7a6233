"""Sources of a layer's figures: formulas with the numbers put in, each equal to the count of the passes.

The formulas are those that a layer's rules record (`netspec.layers.layer_formulas`). Those of receptive fields are
written here: `seen_through` composes first and last elements, and their difference reads as ``size + (k - 1) stride``
only once it is multiplied out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from netspec.analysis import Analysis
from netspec.analysis.counts import element_bytes
from netspec.analysis.receptive import Extents
from netspec.analysis.seen_input import Seen
from netspec.diagnostics import Code, NetspecError, unknown
from netspec.graph import Graph, Node
from netspec.layers.base import Window
from netspec.layers.formula import Formula, Symbols
from netspec.layers.layer_formulas import COUNTS, LayerFormulas
from netspec.objects.immutable import immutable
from netspec.shape import Shape, Shapes


@immutable
class Figure:
    """One count of a layer: its value, None where it is unknown, and the formula or the reason for it."""

    name: str
    value: int | None
    formula: Formula | None = None
    note: str | None = None


@immutable
class Field:
    """The receptive field of the layer's elements along one axis of the network's input: formulas, or a sentence."""

    axis: int
    extent: str
    size: int | None = None
    stride: int | Fraction | None = None
    start: int | None = None
    formulas: tuple[Formula, ...] = ()


@immutable
class PathLayer:
    """A layer on the way from the input, and its output shape."""

    key: str
    op: str
    shape: Shape


@immutable
class Explanation:
    """One layer call.

    Attributes:
        graph: The network.
        node: The call.
        sizes: Formulas of the output's sizes; unchanged sizes have none.
        figures: ``params``, ``macs``, ``connections`` and ``bytes``, as `analyze` counts them.
        fields: The receptive field along each spatial axis of the network's input.
    """

    graph: Graph
    node: Node
    sizes: tuple[Formula, ...]
    figures: tuple[Figure, ...]
    fields: tuple[Field, ...]

    @property
    def way(self) -> tuple[PathLayer, ...]:
        """The layers that changed the shape, from the network's input to this layer.

        Where several tensors join, the way follows the first of them.
        """
        return tuple(_way(self.graph, self.node))


def explain(analysis: Analysis, keys: Iterable[str]) -> tuple[Explanation, ...]:
    """Explanations of the layer calls with those keys."""
    recorded: dict[tuple[int, Shapes], dict[str, Formula]] = {}  # networks repeat few layers many times
    return tuple([_explained(analysis, analysis.graph.nodes[key], recorded) for key in keys])


def _explained(analysis: Analysis, node: Node, recorded: dict[tuple[int, Shapes], dict[str, Formula]]) -> Explanation:
    call = id(node.layer), node.input_shapes
    if call not in recorded:
        recorded[call] = {formula.name: formula for formula in LayerFormulas(node.layer, node.input_shapes)}
    own = recorded[call]
    figures = (_params(analysis, node, own), *_work(analysis, node, own), _bytes(analysis, node))
    sizes = tuple(formula for name, formula in own.items() if name not in COUNTS)
    return Explanation(analysis.graph, node, sizes, figures, tuple(_fields(analysis, node)))


def named(graph: Graph, name: str) -> list[str]:
    """Keys of the layers that a path names: one layer with its further calls, or all layers of a block.

    Raises:
        NetspecError: NS0501: the network has no such layer.
    """
    nodes = graph.nodes.values()
    found = [node.key for node in nodes if name in (node.key, node.path)]
    found = found or [node.key for node in nodes if node.path.startswith(f"{name}.")]
    if not found:
        levels = {node.path.rsplit(".", depth)[0] for node in nodes for depth in range(node.path.count(".") + 1)}
        raise NetspecError.of(
            Code.UNKNOWN_REFERENCE,
            f"`{graph.name}` has no layer `{name}`",
            expected="a path that `netspec summary` shows",
            fact=unknown(name, [*graph.nodes, *sorted(levels)]),
        )
    return found


def _params(analysis: Analysis, node: Node, own: dict[str, Formula]) -> Figure:
    value = analysis.weights.nodes[node.key].params
    if node.reuses and (node.weights or value is None):
        return Figure("params", value, note=f"those of `{node.path}`, which is called again, count once")
    if node.ties:
        return Figure("params", value, note=f"tied tensors count where they belong: {', '.join(node.ties.values())}")
    if value is None:
        return Figure("params", value, note="the layer does not tell its tensors")
    return Figure("params", value, own["params"])


def _work(analysis: Analysis, node: Node, own: dict[str, Formula]) -> Iterator[Figure]:
    macs, connections = analysis.work.nodes[node.key], analysis.units.connections[node.key]
    if node.training_only:
        for name in ("macs", "connections"):
            yield Figure(name, 0, note="it runs in training alone")
        return
    often = analysis.graph.times(node.key)
    for name, count in (("macs", macs), ("connections", connections)):
        if count and often > 1:
            of = "steps" if node.scans else "regions"
            once = own.get(name, Formula(name, count // often))
            yield Figure(name, count, once.times(of, often), f"{often:,} {of}")
            continue
        yield Figure(name, count, None if count is None else own.get(name, Formula(name, count)))


def _bytes(analysis: Analysis, node: Node) -> Figure:
    if node.training_only:
        return Figure("bytes", 0, note="it runs in training alone")
    often = analysis.graph.times(node.key)
    terms = [(*value.shape, element_bytes(value), *([often] if often > 1 else [])) for value in node.outputs]
    return Figure("bytes", analysis.activations.nodes[node.key], Formula.sum_of("bytes", terms))


def _way(graph: Graph, node: Node) -> Iterator[PathLayer]:
    """The layers that changed the shape, from the input to `node`, which always comes last."""
    passed: list[Node] = []
    here: Node | None = node
    first = ""
    while here is not None:
        passed.append(here)
        first = here.inputs[0].key if here.inputs else ""
        here = graph.nodes.get(first)
    if first:
        yield PathLayer(first, "input", graph.inputs[first].shape)
    for each in reversed(passed):
        if each is node or each.input_shapes[:1] != each.output_shapes[:1]:
            yield PathLayer(each.key, each.layer.op, each.output_shapes[0])


def _fields(analysis: Analysis, node: Node) -> Iterator[Field]:
    """The field along each axis, and its derivation from the fields of the inputs."""
    extents = analysis.receptive.extents
    before = [_seen(analysis, value.key) for value in node.inputs]
    window = node.layer.receptive_field(node.input_shapes) if node.inputs else None
    for at, extent in enumerate(extents[node.key] or ()):
        if isinstance(extent, str):
            yield Field(at, extent)
            continue
        came = {each[at] for each in before if each}
        formulas: tuple[Formula, ...] = ()
        if isinstance(window, Window) and len(came) == 1 and isinstance(extent, Seen) and len(extent.spans) == 1:
            (source,) = came
            formulas = _window_formulas(source, window) if isinstance(source, Seen) else ()
        yield Field(at, "window", extent.size, extent.stride, extent.start, formulas)


def _seen(analysis: Analysis, key: str) -> Extents:
    """The receptive field of a node's or an input's elements."""
    if key in analysis.graph.inputs:
        return tuple(Seen(axis, 1, ((0, 0),)) for axis in range(1, len(analysis.graph.inputs[key].shape)))
    return analysis.receptive.extents[key]


def _window_formulas(source: Seen, window: Window) -> tuple[Formula, ...]:
    """Size, stride and start after a moving window; none after a window that changes nothing."""
    axis = source.axis - 1
    if len(source.spans) != 1 or source.start is None or axis < 0:
        return ()
    k, s, p = window.kernel[axis], window.stride[axis], window.padding[axis]
    if (k, s, p) == (1, 1, 0):
        return ()
    made = Symbols()
    k, s, p, r, start, j = (
        made.symbol(name, number)
        for name, number in {"k": k, "s": s, "p": p, "r": source.size, "start": source.start, "j": source.step}.items()
    )
    formulas = {"size": r + (k - 1) * j, "stride": s * j, "start": start - p * j}
    return tuple([made.formula(name, value) for name, value in formulas.items()])
