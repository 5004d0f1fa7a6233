"""A network's figures as a page shows them, for its own sizes and params and for those of every trial."""

from __future__ import annotations

from typing import Any

from netspec.analysis import Analysis
from netspec.explorer.parts import PictureParts
from netspec.explorer.pool import Pool
from netspec.explorer.trials import Axis, Trial
from netspec.graph import Node
from netspec.picture import captions
from netspec.report.numbers import byte_size


class Views:
    """The figures of a network and of its trials.

    Calls that have the same figures in all of them are one class, so that each of its figures is told once.

    Args:
        analysis: The network.
        axes: The trials.
        texts: The texts of the page.
    """

    def __init__(self, analysis: Analysis, axes: tuple[Axis, ...], texts: Pool) -> None:
        self.analysis, self.axes, self.texts = analysis, axes, texts
        made = [trial.analysis for axis in axes for trial in axis.trials if trial.analysis is not None]
        self.alike = [each for each in made if each is not analysis and self._has_same_calls(each)]
        """The trials whose calls are those of the network, in order."""
        self._classes = Pool()
        shown = [analysis, *self.alike]
        self._class_of = [
            self._classes([list(self._figures(each, key)) for each in shown]) for key in analysis.graph.nodes
        ]

    def data(self, parts: PictureParts) -> dict[str, Any]:
        """The views as plain data: the network's own, then those of each slider."""
        return {
            "classes": self._class_of,
            "own": self._view(self.analysis, parts),
            "axes": [self._axis(axis, parts) for axis in self.axes],
        }

    def _axis(self, axis: Axis, parts: PictureParts) -> dict[str, Any]:
        return {"name": axis.name, "own": axis.own, "values": [self._value(trial, parts) for trial in axis.trials]}

    def _value(self, trial: Trial, parts: PictureParts) -> dict[str, Any]:
        if trial.analysis is None:
            return {"label": trial.label, "problem": trial.problem}
        if trial.analysis is self.analysis:
            return {"label": trial.label}
        return {"label": trial.label, **self._view(trial.analysis, parts)}

    def _view(self, analysis: Analysis, parts: PictureParts) -> dict[str, Any]:
        """Totals, and where the calls are those of the network, what boxes and rows say."""
        view: dict[str, Any] = {"totals": _totals(analysis)}
        shown = [self.analysis, *self.alike]
        at = next((number for number, each in enumerate(shown) if each is analysis), None)
        if at is not None:
            view["boxes"] = parts.shapes(analysis.graph)
            view["figures"] = [row[at] for row in self._classes.values]
        return view

    def _has_same_calls(self, other: Analysis) -> bool:
        one, two = self.analysis.graph, other.graph
        return (
            list(one.nodes) == list(two.nodes)
            and one.inputs.keys() == two.inputs.keys()
            and all(map(_same_call, one.nodes.values(), two.nodes.values()))
        )

    def _figures(self, analysis: Analysis, key: str) -> tuple[int, int | None, int | None]:
        shapes = ", ".join(map(captions.size, analysis.graph.nodes[key].output_shapes))
        return self.texts(shapes), analysis.weights.nodes[key].params, analysis.work.nodes[key]


def _same_call(one: Node, two: Node) -> bool:
    return one.layer.op == two.layer.op and [v.key for v in one.inputs] == [v.key for v in two.inputs]


def _totals(analysis: Analysis) -> list[tuple[str, int | str | None]]:
    graph = analysis.graph
    ends = [", ".join(captions.size(each.shape) for each in side.values()) for side in (graph.inputs, graph.outputs)]
    return [
        ("in", ends[0]),
        ("out", ends[1]),
        ("params", analysis.weights.total.params),
        ("MACs", analysis.work.total),
        ("activations", byte_size(analysis.activations.total)),
        ("layer calls", len(graph.nodes)),
    ]
