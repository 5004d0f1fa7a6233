"""The work of a training step: forward, and backward for what has a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netspec.analysis.unknown_sums import times, total
from netspec.graph import Graph, Node, Value, state_key

Learns = Callable[[str], bool]
"""Whether the tensor of a state_dict key is learned."""


def training_work(graph: Graph, learns: Learns, judged: Iterable[Value] | None = None) -> dict[str, int | None]:
    """Multiply-accumulates of one example in a training step, by the path of each layer; None is unknown.

    Forward all products count once, and backward once for each of their factors that has a gradient: weights that are
    learned, and results of something learned. The network's own inputs have none, and frozen layers at its beginning
    neither.

    Args:
        graph: The network.
        learns: Which tensors are learned.
        judged: The values that a loss takes; by default all that the network gives in training.
    """
    ends = [*graph.outputs.values(), *graph.side_outputs.values()] if judged is None else judged
    counts, moved = _counts(graph), _moved(graph, learns)
    pulled = _pulled(graph, ends)
    found: dict[str, list[int | None]] = {}
    for key, node in graph.nodes.items():
        backward = _backward(node, graph, learns, moved) if key in pulled else 0
        found.setdefault(node.path, []).append(total([counts[key], backward]))
    return {path: total(each) for path, each in found.items()}


def _counts(graph: Graph) -> dict[str, int | None]:
    """MACs of the forward pass of each node, of side branches too."""
    return {
        key: times(node.layer.macs(node.input_shapes, node.output_shapes), graph.times(key))
        for key, node in graph.nodes.items()
    }


def _learned(node: Node, name: str, learns: Learns) -> bool:
    weight = node.weights.get(name)
    return weight is not None and not weight.buffer and learns(state_key(node.path, name))


def _moved(graph: Graph, learns: Learns) -> set[tuple[str, int]]:
    """The values that something learned has a part in: those with a gradient, if they reach a loss."""
    moved: set[tuple[str, int]] = set()
    carried = [pair for scan in graph.scans.values() for pair in scan.carried]
    while True:
        for node in graph.nodes.values():
            if any(_at(each) in moved for each in node.inputs) or any(_learned(node, n, learns) for n in node.weights):
                moved |= {_at(each) for each in node.outputs if _has_slope(each)}
        more = {_at(before) for before, after in carried if _at(after) in moved} - moved
        if not more:
            return moved
        moved |= more


def _pulled(graph: Graph, ends: Iterable[Value]) -> set[str]:
    """The keys of the nodes that a loss depends on."""
    pulled, carried = {each.key for each in ends}, [pair for scan in graph.scans.values() for pair in scan.carried]
    while True:
        before = len(pulled)
        for key, node in reversed(list(graph.nodes.items())):
            if key in pulled:
                pulled |= {each.key for each in node.inputs if _has_slope(each)} | set(node.scans)
        pulled |= {after.key for first, after in carried if first.key in pulled}
        if len(pulled) == before:
            return pulled


def _backward(node: Node, graph: Graph, learns: Learns, moved: set[tuple[str, int]]) -> int | None:
    products = node.layer.products(node.input_shapes, node.output_shapes)

    def has_gradient(source: str | int) -> bool:
        if isinstance(source, str):
            return _learned(node, source, learns)
        return _at(node.inputs[source]) in moved

    if products is None:
        return None
    return graph.times(node.key) * sum(each.backward(has_gradient) for each in products)


def _has_slope(value: Value) -> bool:
    """Whether a gradient passes: indices and truth values have none."""
    return value.dtype.startswith(("float", "bfloat"))


def _at(value: Value) -> tuple[str, int]:
    return value.key, value.index
