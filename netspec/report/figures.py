"""Figures for comparing networks, each under the name that `--columns` and `--sort` take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.analysis import Analysis
from netspec.analysis.optimizer_state import PLAIN_SGD, OptimizerState
from netspec.analysis.receptive import is_unknown, widest_field
from netspec.analysis.unknown_sums import times
from netspec.objects.immutable import immutable
from netspec.report.numbers import UNKNOWN, byte_size, compact, compact_bytes, count
from netspec.report.records import totals_record
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
        counted: The counted things, in words.
        of: Gives the figure.
        text: The figure as text.
        rounded: The same in fewer characters.
    """

    title: str
    counted: str
    of: Callable[[Subject], Value]
    text: Callable[[Any], str] = count
    rounded: Callable[[Any], str] = compact

    @property
    def convention(self) -> str:
        """A sentence for the table's foot."""
        return f"{self.title}: {self.counted}"

    def size(self, subject: Subject) -> int | None:
        """The figure as one number, by which rows are sorted."""
        value = self.of(subject)
        return value if isinstance(value, int) else product(value) if value else None


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


def _total(key: str) -> Callable[[Subject], Value]:
    """Gives the total of that name in `totals_record`."""
    return lambda this: totals_record(this.analysis)[key]


FIGURES: dict[str, Figure] = {
    "params": Figure("Params", "learned scalars as torch counts them, shared ones once.", _total("params")),
    "inference_params": Figure(
        "Inference params", "those without branches that run in training alone.", _total("inference_params")
    ),
    "buffers": Figure("Buffers", "running statistics and other scalars that are not learned.", _total("buffers")),
    "macs": Figure("MACs", "one example's multiply-accumulates; bias and normalisation left out.", _total("macs")),
    "flops": Figure("FLOPs", "2 x MACs.", _total("flops")),
    "memory": Figure(
        "Memory",
        "the peak of a training step on one example in float32, with the recipe's optimizer or else sgd, as `netspec "
        "memory` estimates it.",
        _memory,
        byte_size,
        compact_bytes,
    ),
    "activations": Figure(
        "Activations",
        "every layer's output once, for one example.",
        _total("activation_bytes"),
        byte_size,
        compact_bytes,
    ),
    "depth": Figure(
        "Depth", "layers with a kernel of their own; projections of shortcuts count.", _total("weight_layers")
    ),
    "receptive_field": Figure(
        "Field",
        "the largest receptive field before a layer that sees everything, in input elements per axis; gates, such as "
        "squeeze-and-excitation's, are left out.",
        _field,
        extent,
        extent,
    ),
    "units": Figure("Units", "outputs of convolution, linear and pooling layers.", _total("units")),
    "hidden_units": Figure("Hidden units", "units but the network's outputs.", _total("hidden_units")),
    "connections": Figure("Connections", "units x (fan-in + bias), after LeCun.", _total("connections")),
    "operations": Figure(
        "Operations",
        "connections x examples x rounds of training, forward; unknown without a recipe.",
        lambda this: times(this.analysis.units.total_connections, this.presentations),
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
