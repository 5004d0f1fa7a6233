"""Costs and receptive fields of a network, computed from its graph alone: no torch, no forward pass.

Each pass is a function that takes the graph and returns a frozen result. To add one, add an entry in `PASSES` and a
field of `Analysis` at the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.analysis.counts import (
    ActivationBytes,
    Depth,
    UnitCounts,
    WorkCounts,
    count_activation_bytes,
    count_depth,
    count_units,
    count_work,
)
from netspec.analysis.receptive import ReceptiveField, ReceptiveFields, trace_receptive_fields
from netspec.analysis.unknown_sums import times
from netspec.analysis.weights import PARAM_BYTES, WeightCount, WeightCounts, count_weights
from netspec.graph import Graph
from netspec.objects.immutable import immutable

PASSES: tuple[Callable[[Graph], Any], ...] = (
    count_weights,
    count_work,
    count_units,
    count_depth,
    trace_receptive_fields,
    count_activation_bytes,
)


@immutable
class Analysis:
    """A graph and the results of the passes, in the order of `PASSES`."""

    graph: Graph
    weights: WeightCounts
    work: WorkCounts
    units: UnitCounts
    depth: Depth
    receptive: ReceptiveFields
    activations: ActivationBytes

    def __repr__(self) -> str:
        params, macs = _told(self.weights.total.params), _told(self.work.total)
        return f"<Analysis of {self.graph.name}: {params} parameters, {macs} MACs>"

    @property
    def param_bytes(self) -> int | None:
        """Bytes of the parameters in float32, with side branches; None where their number is unknown."""
        return times(self.weights.total.params, PARAM_BYTES)


def _told(figure: int | None) -> str:
    return "unknown" if figure is None else f"{figure:,}"


def analyze(graph: Graph) -> Analysis:
    """Run every pass over `graph`. Time is linear in the number of layers."""
    return Analysis(graph, *(run(graph) for run in PASSES))


__all__ = [
    "PARAM_BYTES",
    "PASSES",
    "ActivationBytes",
    "Analysis",
    "Depth",
    "ReceptiveField",
    "ReceptiveFields",
    "UnitCounts",
    "WeightCount",
    "WeightCounts",
    "WorkCounts",
    "analyze",
]
