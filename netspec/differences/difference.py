"""Two networks and all their differences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from netspec.analysis import Analysis, analyze
from netspec.differences.changes import Change, find_changes
from netspec.differences.groups import Group, group
from netspec.differences.parts import unequal
from netspec.frontend.document import Document
from netspec.frontend.parameters import REQUIRED
from netspec.graph import Graph
from netspec.interop.load_report import LoadReport
from netspec.interop.prediction import predict
from netspec.objects.immutable import immutable
from netspec.shape import Shape


@immutable
class Difference:
    """The difference from one network to another.

    Attributes:
        before: The first network with its figures.
        after: The second.
        params: The specs' params with different values, each with both.
        results: The figures of published results that both have and that differ, by data set and name.
        changes: Every difference in layers.
        partners: The layers of the second network that correspond to the first one's, by key.
        weights: The outcome of loading the first network's weights into the second.
    """

    before: Analysis
    after: Analysis
    params: Mapping[str, tuple[Any, Any]]
    results: Mapping[tuple[str, str], tuple[float, float]]
    changes: tuple[Change, ...]
    partners: Mapping[str, str]
    weights: LoadReport

    def __repr__(self) -> str:
        return f"<Difference from {self.before.graph.name} to {self.after.graph.name}: {len(self.changes):,} changes>"

    @property
    def inputs(self) -> dict[str, tuple[Shape | None, Shape | None]]:
        """The inputs with different shapes; None where there is no such input."""
        shapes = [{name: each.shape for name, each in side.graph.inputs.items()} for side in (self.before, self.after)]
        return unequal(*shapes)

    @property
    def outputs(self) -> dict[str, tuple[Shape | None, Shape | None]]:
        """The outputs with different shapes; None where there is no such output."""
        return unequal(*(_output_shapes(side.graph) for side in (self.before, self.after)))

    @property
    def detector(self) -> dict[str, tuple[Any, Any]]:
        """The options of detectors with different values, and their `kind`; None where a side has no such option."""
        return unequal(*(_detector(side.graph) for side in (self.before, self.after)))

    @property
    def is_same(self) -> bool:
        """Whether the two are one network: the same layers, wired alike, of the same sizes, for the same detector."""
        return not (self.changes or self.inputs or self.outputs or self.detector)

    @cached_property
    def groups(self) -> list[Group]:
        """The changes, gathered for a reader."""
        return group(self.changes)


def find_difference(before: tuple[Document, Graph], after: tuple[Document, Graph]) -> Difference:
    """Compare two elaborated specs."""
    (old, one), (new, other) = before, after
    analyses = analyze(one), analyze(other)
    changes, partners = find_changes(*analyses, _same_blocks(old, new))
    return Difference(
        *analyses, _params(old, new), _results(old, new), tuple(changes), partners, predict(one, other, new.weights)
    )


def _same_blocks(old: Document, new: Document) -> list[str]:
    ours, theirs = (document.places.data.get("blocks") or {} for document in (old, new))
    return [name for name, block in ours.items() if name in theirs and block == theirs[name]]


def _params(old: Document, new: Document) -> dict[str, tuple[Any, Any]]:
    values = [
        {name: each.default for name, each in document.params.items() if each.default is not REQUIRED}
        for document in (old, new)
    ]
    return {name: pair for name, pair in unequal(*values).items() if name in values[0] and name in values[1]}


def _results(old: Document, new: Document) -> dict[tuple[str, str], tuple[float, float]]:
    ours, theirs = (
        {(data, name): value for data, result in document.results.items() for name, value in result.figures.items()}
        for document in (old, new)
    )
    return {key: (ours[key], theirs[key]) for key in ours if key in theirs and ours[key] != theirs[key]}


def _detector(graph: Graph) -> dict[str, Any]:
    if graph.detection is None:
        return {}
    kind = graph.detection.kind
    return {"kind": kind.kind, **{name: getattr(kind, name) for name in type(kind).model_fields}}


def _output_shapes(graph: Graph) -> dict[str, Shape]:
    return {name: value.shape for name, value in (*graph.outputs.items(), *graph.side_outputs.items())}
