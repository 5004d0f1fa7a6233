"""Prediction of each tensor's outcome if one network's weights were loaded into another. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.frontend.weights import Weights
from netspec.graph import Graph
from netspec.interop.load_report import LoadReport
from netspec.interop.matching import match, suggest
from netspec.interop.outcomes import Sides, outcomes, twins_of


def predict(source: Graph, target: Graph, weights: Weights | None = None) -> LoadReport:
    """Outcomes of the tensors of `source` in `target`.

    Args:
        source: The network that has weights.
        target: The network that gets them.
        weights: The target's section `weights`, for the names of others.
    """
    theirs, ours = ({name: weight.shape for name, weight in each.state_dict.items()} for each in (source, target))
    originals = _tensors(source)
    matching = match(tuple(ours), tuple(theirs), weights or Weights(), source.name)

    def equal(one: str, other: str) -> bool:
        first, second = matching.pairs[one], matching.pairs[other]
        parts = [[originals[part] for part in each.parts] for each in (first, second)]
        return parts[0] == parts[1] and (first.change, first.piece) == (second.change, second.piece)

    sides = Sides(ours, theirs, twins_of(_tensors(target)), source.name, equal)
    rules = suggest(ours, theirs) if matching.unknown else {}
    notes = tuple(_notes(source, target))
    return LoadReport(source.name, matching.names, notes, tuple(outcomes(sides, matching)), rules)


def _notes(source: Graph, target: Graph) -> Iterator[str]:
    for graph in (source, target):
        silent = [node.path for node in graph.nodes.values() if not node.layer.weights_known]
        if silent:
            yield f"tensors of {', '.join(silent)} in {graph.name} are unknown"


def _tensors(graph: Graph) -> dict[str, str]:
    """The first name of the same tensor by every name, through ties."""
    return {name: graph.owners.get(name, name) for name in graph.state_dict}
