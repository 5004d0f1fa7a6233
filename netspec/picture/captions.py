"""What a box says: its title, the figures asked for, and the family of its layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Graph, Node, Value
from netspec.layers.reach import Along, Reach, Window
from netspec.objects.immutable import immutable
from netspec.picture.scene import Scene
from netspec.report.numbers import compact
from netspec.shape import Shape


def size(shape: Shape) -> str:
    """``64×56×56``."""
    return "×".join(map(str, shape)) or "scalar"


@immutable
class Title:
    """What a layer's title tells.

    Attributes:
        op: The layer's name.
        window: Its window, where it has one.
        main: Its main argument, where it is not the usual one.
        stride: The stride of its window, where it has one.
        activation: The name of the activation on its result.
    """

    op: str
    window: tuple[int, ...] = ()
    main: int | str | None = None
    stride: tuple[int, ...] = ()
    activation: str | None = None

    @property
    def arguments(self) -> str:
        """``3×3, 64, /2``."""
        parts = [across(self.window)] if self.window else []
        if self.main is not None:
            parts.append(str(self.main))
        if max(self.stride, default=1) > 1:
            equal = len(set(self.stride)) == 1
            parts.append(f"/{across(self.stride[:1] if equal else self.stride)}")
        return ", ".join(parts)

    @property
    def text(self) -> str:
        """``conv 3×3, 64, /2, relu``."""
        told = f"{self.op} {self.arguments}".strip()
        return told if self.activation is None else f"{told}, {self.activation}"


def across(extents: tuple[int, ...]) -> str:
    """``3×5``."""
    return "×".join(map(str, extents))


def title(node: Node) -> Title:
    """The title of a call of a layer."""
    layer = node.layer
    seen = layer.receptive_field(node.input_shapes) if node.inputs else None
    main = type(layer).main
    window: tuple[int, ...] = ()
    if isinstance(seen, Window) and seen.kernel and (hasattr(layer, "kernel") or max(seen.kernel) > 1):
        window = tuple(seen.kernel)
    given = getattr(layer, main) if main is not None and main != "kernel" else None
    usual = type(layer).model_fields[main].default if main is not None else None
    given = f"{given:g}" if isinstance(given, float) and not node.inputs else given  # the number that a constant is
    told = isinstance(given, (int, str)) and not isinstance(given, bool) and given != usual
    stride = tuple(seen.stride) if isinstance(seen, Window) else ()
    activation = None if node.activation is None else node.activation.op.replace("_", " ")
    return Title(layer.op.replace("_", " "), window, given if told else None, stride, activation)


def family(node: Node) -> str:
    """The family of a layer, by what is known of every layer: nothing here names one."""
    layer, inputs = node.layer, node.input_shapes
    cls = type(layer)
    if not inputs:
        return "tensor"
    if cls.arity[1] is None or cls.arity[1] > 1:
        return "merge"
    moves = _moves(layer.receptive_field(inputs))
    if cls.weight_layer or (node.weights and layer.macs(inputs, node.output_shapes)):
        return "convolution" if moves else "dense"
    if layer.centring(inputs) is not None:
        return "norm"
    if cls.acts_in_training:
        return "dropout"
    if cls.rearranges or node.weights:
        return "reshape" if cls.rearranges else "norm"
    if node.output_shapes == inputs and not moves:
        return "activation"
    return "pool"


def _moves(seen: Window | Reach | None) -> bool:
    """Whether output elements see windows of their input."""
    if isinstance(seen, Window):
        return not seen.is_pointwise
    return seen is not None and any(isinstance(axis, Along) and axis.spans != ((0, 0),) for axis in seen.axes)


def is_minor(node: Node) -> bool:
    """Whether a layer keeps the shape without counted work: it needs but a line."""
    same = len(node.outputs) == 1 and all(shape == node.output_shapes[0] for shape in node.input_shapes)
    return same and bool(node.inputs) and not node.layer.macs(node.input_shapes, node.output_shapes)


Row = Callable[[Analysis, Sequence[str], Sequence[Node]], str | None]
"""A line of a box from all keys that it stands for and the nodes that are drawn of it; None leaves the line out."""


def _shapes(analysis: Analysis, keys: Sequence[str], drawn: Sequence[Node]) -> str | None:
    return outgoing(analysis.graph, drawn, keys)


def outgoing(graph: Graph, drawn: Sequence[Node], keys: Sequence[str]) -> str | None:
    """The shapes of what leaves a box, with those of its last round where rounds differ."""
    shapes, last = (_leaving(graph, nodes) for nodes in (drawn, [graph.nodes[key] for key in keys[-len(drawn) :]]))
    text = ", ".join(shapes[:3]) + (", …" if len(shapes) > 3 else "")
    return text if shapes == last else f"{text} … {last[0]}"


def _leaving(graph: Graph, nodes: Sequence[Node]) -> list[str]:
    """The shapes of what leaves a layer, taken or not, or some layers together."""
    values = nodes[0].outputs if len(nodes) == 1 else graph.leaving(nodes)
    return [size(value.shape) for value in values]


def _params(analysis: Analysis, keys: Sequence[str], drawn: Sequence[Node]) -> str | None:
    number = total(analysis.weights.nodes[key].params for key in keys)
    return None if number == 0 else f"{compact(number)} params"


def _macs(analysis: Analysis, keys: Sequence[str], drawn: Sequence[Node]) -> str | None:
    number = total(analysis.work.nodes[key] for key in keys)
    return None if number == 0 else f"{compact(number)} MACs"


def _field(analysis: Analysis, keys: Sequence[str], drawn: Sequence[Node]) -> str | None:
    seen = analysis.receptive.nodes[keys[-1]]
    return None if seen is None else f"sees {size(seen.size)}"


ROWS: Mapping[str, Row] = {"shapes": _shapes, "params": _params, "macs": _macs, "field": _field}
"""The lines that can be asked for, by name; ``kernel`` belongs to the title."""


def ends(value: Value) -> tuple[str, ...]:
    """The lines of an input or output of the network."""
    return (size(value.shape),)


def described(analysis: Analysis, shown: Scene) -> str:
    """The picture in a sentence, for those who do not see it."""
    graph = analysis.graph
    inputs = ", ".join(f"{name} {size(each.shape)}" for name, each in graph.inputs.items())
    outputs = ", ".join(f"{name} {size(each.shape)}" for name, each in graph.outputs.items())
    calls = len(graph.nodes)
    layers = f"{calls:,} layer call{'s' if calls != 1 else ''} in {len(shown.boxes)} boxes"
    return f"{graph.name}: from {inputs} to {outputs}; {layers}, {compact(analysis.weights.total.params)} parameters."
