"""Columns of the table of layers, each under the name that `summary --columns` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netspec.analysis import Analysis
from netspec.analysis.unknown_sums import total
from netspec.graph import Node, Scope
from netspec.objects.immutable import immutable
from netspec.report import papers
from netspec.report.document import Column, Inline, Math, Verbatim
from netspec.report.figures import extent
from netspec.report.numbers import View, byte_size, count, shapes_text
from netspec.shape import times


@immutable
class LayerColumn:
    """A column.

    Attributes:
        column: Its heading.
        told: The meaning of its cells, in words.
        of: A layer's value; None is unknown, empty text is none.
        text: The value as a cell, as the table's view has it.
        adds_up: Whether a folded block has the sum of its layers.
        sheet: The value as a spreadsheet has it.
    """

    column: Column
    told: str
    of: Callable[[Analysis, Node], Any]
    text: Callable[[Any, View], Inline]
    adds_up: bool = False
    sheet: Callable[[Any], Any] = lambda value: value

    def cell(self, analysis: Analysis, node: Node, view: View) -> Inline:
        """The cell of a layer."""
        return self.text(self.of(analysis, node), view)

    def plain(self, analysis: Analysis, node: Node) -> Any:
        """The cell of a layer in a spreadsheet."""
        return self.sheet(self.of(analysis, node))

    def block(self, analysis: Analysis, scope: Scope, nodes: Sequence[Node], view: View, *, heading: bool) -> Inline:
        """The cell of a block: what leaves it, and of a folded one the sum of its layers."""
        if self is LAYER_COLUMNS["name"]:
            return Verbatim(scope.path)
        if self is LAYER_COLUMNS["type"]:
            return block_type(scope)
        if self is LAYER_COLUMNS["output"]:
            return self.text([value.shape for value in analysis.graph.leaving(nodes)], view)
        if heading or not self.adds_up:
            return ""
        return self.text(total(self.of(analysis, node) for node in nodes), view)


def is_marked(analysis: Analysis, node: Node) -> bool:
    """Whether a layer has the mark of what runs in training alone, or once for each region."""
    return node.training_only or analysis.graph.is_regional(node.key)


def block_type(scope: Scope) -> str:
    """``bottleneck``, or ``4 x bottleneck`` for a repeat of it."""
    if scope.kind != "repeat":
        return scope.label
    labels = {child.innermost().label if isinstance(child, Scope) else scope.label for child in scope.children}
    return f"{len(scope.children)} x {labels.pop() if len(labels) == 1 else scope.label}"


def _plain(value: Any, view: View) -> Inline:
    return str(value)


def _counted(value: Any, view: View) -> Inline:
    return count(value)


def _number(title: str, told: str, of: Callable[[Analysis, Node], Any], *, adds_up: bool = True) -> LayerColumn:
    return LayerColumn(Column(title, numeric=True), told, of, _counted, adds_up)


def _box(sizes: Sequence[int], before: str = "", after: str = "") -> Math:
    """``3 x 3 x 32 dw``, and in LaTeX with a multiplication sign."""

    def latex() -> str:
        words = [rf"\mathrm{{{each}}}" for each in (before.strip(), after.strip())]
        return r"\ ".join(
            filter(None, [words[0] * bool(before), r" \times ".join(map(str, sizes)), words[1] * bool(after)])
        )

    return Math(f"{before}{' x '.join(map(str, sizes))}{after}", latex)


def _filter(value: Any, view: View) -> Inline:
    return _box(value[1], value[0], value[2]) if value else ""


def _sizes(value: Any, view: View) -> Inline:
    return " ".join(" x ".join(map(str, each)) for each in value) if len(value) != 1 else _box(value[0])


def _shapes(value: Any, view: View) -> Inline:
    return shapes_text(value, view)


def _first(value: Any) -> Any:
    """Shapes in a spreadsheet: one by itself, several each as ``3x32x32``."""
    return value[0] if len(value) == 1 else [times(each) for each in value]


def _axes(value: Any, view: View) -> Inline:
    return extent(tuple(value)) if value != "" else ""


def _of_window(name: str) -> Callable[[Analysis, Node], Any]:
    def of(analysis: Analysis, node: Node) -> Any:
        found = papers.window(node)
        return list(getattr(found, name)) if found else ""

    return of


def _field(name: str) -> Callable[[Analysis, Node], Any]:
    def of(analysis: Analysis, node: Node) -> Any:
        found, sees = analysis.receptive.nodes[node.key], analysis.receptive.extents[node.key]
        if found is not None:
            return [each if isinstance(each, int) else float(each) for each in getattr(found, name)]
        return None if sees and "unknown" in sees else "global" if sees else ""

    return of


def _seen(value: Any, view: View) -> Inline:
    return value if isinstance(value, str) else extent(None if value is None else tuple(value))


def _weights(name: str) -> Callable[[Analysis, Node], Any]:
    return lambda analysis, node: getattr(analysis.weights.nodes[node.key], name)


LAYER_COLUMNS: dict[str, LayerColumn] = {
    "name": LayerColumn(
        Column("Layer"),
        "the path of its module, with `#2` at a second call",
        lambda analysis, node: node.key,
        lambda value, view: Verbatim(value),
    ),
    "op": LayerColumn(Column("Op"), "its name in specs", lambda analysis, node: node.layer.op, _plain),
    "type": LayerColumn(
        Column("Type", beside=True),
        "its class in torch",
        lambda analysis, node: node.layer.type_name(node.input_shapes),
        _plain,
    ),
    "step": LayerColumn(
        Column("Type / Stride"),
        "type and stride in the words of papers, dw for one kernel to each channel",
        lambda analysis, node: papers.step(node) if papers.is_listed(node) else node.layer.op,
        _plain,
    ),
    "filter": LayerColumn(
        Column("Filter Shape"),
        "kernel x input channels x output channels; those of a group, if there are groups",
        lambda analysis, node: papers.filter_shape(node),
        _filter,
        sheet=lambda value: f"{value[0]}{times(value[1])}{value[2]}" if value else "",
    ),
    "kernel": LayerColumn(Column("Kernel"), "the extent of its window", _of_window("kernel"), _axes),
    "stride": LayerColumn(Column("Stride"), "the step of its window", _of_window("stride"), _axes),
    "padding": LayerColumn(Column("Padding"), "padding before the first element", _of_window("padding"), _axes),
    "input": LayerColumn(
        Column("Input Shape", shapes=True),
        "the shapes of its inputs",
        lambda analysis, node: node.input_shapes,
        _shapes,
        sheet=_first,
    ),
    "output": LayerColumn(
        Column("Output Shape", shapes=True),
        "the shapes of its outputs",
        lambda analysis, node: node.output_shapes,
        _shapes,
        sheet=_first,
    ),
    "input_size": LayerColumn(
        Column("Input Size"),
        "height x width x channels of its inputs, as papers write them",
        lambda analysis, node: [papers.size(shape) for shape in node.input_shapes],
        _sizes,
        sheet=_first,
    ),
    "output_size": LayerColumn(
        Column("Output Size"),
        "the same of its outputs",
        lambda analysis, node: [papers.size(shape) for shape in node.output_shapes],
        _sizes,
        sheet=_first,
    ),
    "params": _number("Param #", "learned scalars, shared ones once", _weights("params")),
    "trainable_params": _number("Trainable", "those that are not frozen", _weights("trainable")),
    "buffers": _number("Buffers", "scalars that are not learned", _weights("buffers")),
    "macs": _number("MACs", "one example's multiply-accumulates", lambda analysis, node: analysis.work.nodes[node.key]),
    "units": _number("Units", "outputs, if it computes units", lambda analysis, node: analysis.units.units[node.key]),
    "connections": _number(
        "Connections", "units x (fan-in + bias)", lambda analysis, node: analysis.units.connections[node.key]
    ),
    "bytes": LayerColumn(
        Column("Output bytes", numeric=True),
        "the size of its outputs, for one example",
        lambda analysis, node: analysis.activations.nodes[node.key],
        lambda value, view: byte_size(value),
        adds_up=True,
    ),
    "field": LayerColumn(
        Column("Field"), "the receptive field of an output, in elements of the network's input", _field("size"), _seen
    ),
    "jump": LayerColumn(Column("Jump"), "the step between the fields of neighbours", _field("stride"), _seen),
    "line": LayerColumn(
        Column("Line", numeric=True),
        "its line in the spec",
        lambda analysis, node: node.span.line if node.span else "",
        _plain,
    ),
}

DEFAULT = ("name", "type", "output", "params", "macs")
COLUMN_SETS = {"default": DEFAULT, "paper": ("step", "filter", "input_size"), "all": tuple(LAYER_COLUMNS)}
"""Columns by the name of their set; ``paper`` is table 1 of MobileNet's."""
