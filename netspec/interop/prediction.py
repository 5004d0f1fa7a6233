"""Prediction of each tensor's outcome if one network's weights were loaded into another. Imports no torch.

It applies to shapes and names the rules that `netspec.interop.loading` applies to tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.frontend.weights import Weights
from netspec.graph import Graph
from netspec.interop.load_report import LoadReport, Outcome
from netspec.interop.matching import Matching, fits, match, suggest
from netspec.interop.outcomes import is_counter, loaded, misshapen, passed_over
from netspec.layers.base import Weight


def predict(source: Graph, target: Graph, weights: Weights | None = None) -> LoadReport:
    """Outcomes of the tensors of `source` in `target`.

    Args:
        source: The network that has weights.
        target: The network that gets them.
        weights: The target's section `weights`, for the names of others.
    """
    theirs, ours = source.state_dict, target.state_dict
    matching = match(tuple(ours), tuple(theirs), weights or Weights(), source.name)
    outcomes = tuple(_outcomes(ours, theirs, matching, _tensors(target), _tensors(source)))
    shapes = [[(name, weight.shape) for name, weight in state.items()] for state in (ours, theirs)]
    rules = suggest(*shapes) if matching.unknown else {}
    return LoadReport(source.name, matching.names, tuple(_notes(source, target)), outcomes, rules)


def _notes(source: Graph, target: Graph) -> Iterator[str]:
    for graph in (source, target):
        silent = [node.path for node in graph.nodes.values() if not node.layer.weights_known]
        if silent:
            yield f"tensors of {', '.join(silent)} in {graph.name} are unknown"


def _outcomes(
    ours: Mapping[str, Weight],
    theirs: Mapping[str, Weight],
    matching: Matching,
    tensors: Mapping[str, str],
    originals: Mapping[str, str],
) -> Iterator[Outcome]:
    twins: dict[str, list[str]] = {}
    for name, tensor in tensors.items():
        twins.setdefault(tensor, []).append(name)
    for name, weight in ours.items():
        original = matching.pairs.get(name)
        tied = [twin for twin in twins[tensors[name]] if twin != name and twin in matching.pairs]
        if original is not None:
            other = next((t for t in tied if originals[matching.pairs[t]] != originals[original]), None)
            yield _outcome(name, weight, original, theirs[original], other)
        elif tied:
            yield Outcome(name, None, "tied", f"shares its tensor with {tied[0]}")
        elif is_counter(name):
            yield Outcome(name, None, "kept", "a counter that can start anew")
        else:
            yield Outcome(name, None, "missing", "no tensor of that name")
    for original in matching.unknown:
        yield Outcome(None, original, "unknown", "the network has none of that name")
    yield from passed_over(matching)


def _outcome(name: str, ours: Weight, original: str, theirs: Weight, other: str | None) -> Outcome:
    """The outcome of a tensor that both have; `other` shares ours and has a tensor of its own there."""
    if not fits(ours.shape, theirs.shape):
        return misshapen(name, original, theirs.shape, ours.shape)
    if other is not None:
        return Outcome(name, original, "mismatched", f"shares its tensor with `{other}`, which is another one there")
    return loaded(name, original, theirs.shape, ours.shape)


def _tensors(graph: Graph) -> dict[str, str]:
    """The first name of the same tensor by every name, through ties."""
    return {name: graph.owners.get(name, name) for name in graph.state_dict}
