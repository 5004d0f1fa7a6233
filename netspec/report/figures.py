"""Figures for comparing networks, each under the name that `--columns` and `--sort` take."""

from __future__ import annotations

from collections.abc import Callable

from netspec.analysis import Analysis
from netspec.analysis.optimizer_state import PLAIN_SGD, OptimizerState
from netspec.analysis.reach import is_unknown, widest_field
from netspec.analysis.unknown_sums import times
from netspec.objects.immutable import immutable
from netspec.report.numbers import UNKNOWN, byte_size, count
from netspec.shape import product

Value = int | tuple[int, ...] | None
"""A figure: a number, one for each axis, or None where it is unknown; an empty tuple where it is unbounded."""


@immutable
class Subject:
    """A compared network.

    Attributes:
        analysis: Its figures.
        presentations: Examples that its recipe presents, all rounds together; None is unknown.
        optimizer: State of its recipe's optimizer; None is unknown.
    """

    analysis: Analysis
    presentations: int | None = None
    optimizer: OptimizerState | None = PLAIN_SGD


@immutable
class Figure:
    """One figure of a network.

    Attributes:
        title: Heading of its column.
        of: Gives the figure.
        convention: A sentence for the table's foot on what the figure counts.
        text: The figure as text; `rounded` is the same in fewer characters.
    """

    title: str
    of: Callable[[Subject], Value]
    convention: str
    text: Callable[[Value], str]
    rounded: Callable[[Value], str]

    def size(self, subject: Subject) -> int | None:
        """The figure as one number, by which rows are sorted."""
        value = self.of(subject)
        return value if isinstance(value, int) else product(value) if value else None


def compact(number: int | None) -> str:
    """``25557032`` as ``25.6 M``, with powers of 1,000; a short number is unchanged; None as ``unknown``."""
    if number is None or abs(number) < 100_000:
        return count(number)
    amount = float(number)
    for unit in ("", " K", " M", " G", " T", " P"):
        if amount < 999.5 or unit == " P":
            break
        amount /= 1000
    return f"{amount:.{max(0, 3 - len(str(int(amount))))}f}{unit}"


def extent(sizes: Value) -> str:
    """Sizes along the axes: ``483`` where all are the same, else ``9x17``; ``global`` where there are none."""
    if sizes is None:
        return UNKNOWN
    axes = sizes if isinstance(sizes, tuple) else (sizes,)
    return "x".join(map(str, axes if len(set(axes)) > 1 else axes[:1])) or "global"


def _field(subject: Subject) -> Value:
    graph, fields = subject.analysis.graph, subject.analysis.receptive
    field = widest_field(graph, fields)
    if field is None:
        return None if is_unknown(graph, fields) else ()
    return field.size


def _memory(subject: Subject) -> int | None:
    from netspec.analysis.footprint import step_memory  # `diff` does without it

    return step_memory(subject.analysis.graph, subject.optimizer) if subject.optimizer else None


def _number(show: Callable[[int | None], str]) -> Callable[[Value], str]:
    return lambda value: show(None if isinstance(value, tuple) else value)


def _counted(title: str, of: Callable[[Subject], Value], convention: str) -> Figure:
    return Figure(title, of, convention, _number(count), _number(compact))


def _bytes(number: int | None) -> str:
    return UNKNOWN if number is None else byte_size(number)


FIGURES: dict[str, Figure] = {
    "params": _counted(
        "Params",
        lambda this: this.analysis.weights.total.params,
        "Params: learned scalars as torch counts them, shared ones once.",
    ),
    "inference_params": _counted(
        "Inference params",
        lambda this: this.analysis.weights.inference.params,
        "Inference params: those without branches that run in training alone.",
    ),
    "buffers": _counted(
        "Buffers",
        lambda this: this.analysis.weights.total.buffers,
        "Buffers: running statistics and other scalars that are not learned.",
    ),
    "macs": _counted(
        "MACs",
        lambda this: this.analysis.work.total,
        "MACs: one example's multiply-accumulates; bias and normalisation left out.",
    ),
    "flops": _counted("FLOPs", lambda this: this.analysis.work.flops, "FLOPs: 2 x MACs."),
    "memory": Figure(
        "Memory",
        _memory,
        "Memory: the peak of a training step on one example in float32, with the recipe's optimizer or else sgd, as "
        "`netspec memory` estimates it.",
        _number(_bytes),
        _number(_bytes),
    ),
    "activations": Figure(
        "Activations",
        lambda this: this.analysis.activations.total,
        "Activations: every layer's output once, for one example.",
        _number(_bytes),
        _number(_bytes),
    ),
    "depth": _counted(
        "Depth",
        lambda this: this.analysis.depth.weight_layers,
        "Depth: layers with a kernel of their own; projections of shortcuts count.",
    ),
    "receptive_field": Figure(
        "Field",
        _field,
        "Field: the largest receptive field before a layer that sees everything, in input elements per axis; gates, "
        "such as squeeze-and-excitation's, are left out.",
        extent,
        extent,
    ),
    "units": _counted(
        "Units",
        lambda this: this.analysis.units.total_units,
        "Units: outputs of convolution, linear and pooling layers.",
    ),
    "hidden_units": _counted(
        "Hidden units", lambda this: this.analysis.units.hidden_units, "Hidden units: units but the network's outputs."
    ),
    "connections": _counted(
        "Connections",
        lambda this: this.analysis.units.total_connections,
        "Connections: units x (fan-in + bias), after LeCun.",
    ),
    "operations": _counted(
        "Operations",
        lambda this: times(this.analysis.units.total_connections, this.presentations),
        "Operations: connections x examples x rounds of training, forward; unknown without a recipe.",
    ),
}

OF_THE_GRAPH = ("params", "macs", "depth", "receptive_field", "units", "connections")
"""The figures of the network alone: a step's memory also depends on its optimizer, and takes longest to compute."""
SETS = {
    "default": ("params", "macs", "memory", "depth", "receptive_field", "units", "connections"),
    "size": ("units", "hidden_units", "params", "connections", "operations"),
    "all": tuple(FIGURES),
}
"""Columns by the name of their set; ``size`` is the lectures' table "Size of CNNs"."""
