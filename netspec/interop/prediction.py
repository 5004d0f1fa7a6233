"""What would become of each tensor if one network's weights were loaded into another. Imports no torch.

It says of shapes and names what `netspec.interop.loading` says of tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.frontend.weights import Weights
from netspec.graph import Graph
from netspec.interop.load_report import LoadReport, Outcome
from netspec.interop.matching import Matching, fits, match, suggest
from netspec.layers.base import Weight


def predict(source: Graph, target: Graph, weights: Weights | None = None) -> LoadReport:
    """Which of the tensors of `source` fit into `target`.

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
        loaded = [twin for twin in twins[tensors[name]] if twin != name and twin in matching.pairs]
        if original is not None:
            other = next((t for t in loaded if originals[matching.pairs[t]] != originals[original]), None)
            yield _outcome(name, weight, original, theirs[original], other)
        elif loaded:
            yield Outcome(name, None, "tied", f"shares its tensor with {loaded[0]}")
        elif name.rpartition(".")[2] == "num_batches_tracked":
            yield Outcome(name, None, "kept", "a counter that can start anew")
        else:
            yield Outcome(name, None, "missing", "no tensor of that name")
    for original in matching.unknown:
        yield Outcome(None, original, "unknown", "the network has none of that name")
    for original, name in matching.clashes.items():
        yield Outcome(name, original, "mismatched", f"is taken by `{matching.pairs[name]}` and by `{original}`")
    for original in matching.left_out:
        yield Outcome(None, original, "left out", "by a rule of the spec")


def _outcome(name: str, ours: Weight, original: str, theirs: Weight, other: str | None) -> Outcome:
    """What becomes of a tensor that both have; `other` shares ours and has a tensor of its own there."""
    if not fits(ours.shape, theirs.shape):
        return Outcome(name, original, "mismatched", f"is {list(theirs.shape)} and should be {list(ours.shape)}")
    if other is not None:
        return Outcome(name, original, "mismatched", f"shares its tensor with `{other}`, which is another one there")
    reasons = []
    if original != name:
        reasons.append(f"renamed from {original}")
    if theirs.shape != ours.shape:
        reasons.append(f"reshaped from {list(theirs.shape)}")
    return Outcome(name, original, "loaded", ", ".join(reasons) or None)


def _tensors(graph: Graph) -> dict[str, str]:
    """Every name to the first name of the same tensor, through ties."""
    shared = {
        f"{node.path}.{name}" if name else node.path: target
        for node in graph.nodes.values()
        for name, target in node.ties.items()
    }
    found = {}
    for name in graph.state_dict:
        tensor = name
        while tensor in shared:  # a tie may lead to a tie, never in a circle
            tensor = shared[tensor]
        found[name] = tensor
    return found
