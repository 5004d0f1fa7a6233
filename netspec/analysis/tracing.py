"""A pass over a network written on a tape, by the layers' own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.autograd import Storage, Tape, Tensor, Tensors
from netspec.autograd.loss import cross_entropy
from netspec.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Trace:
    """What a pass did.

    Attributes:
        tape: The operations, those of the loss last.
        nodes: By node key, the range of its operations on the tape.
        weights: The tensors of the state_dict by key.
        inputs: The network's inputs.
        outputs: What the pass gives, which outlives it.
        arguments: Storage to the number of the last operation of a module that it flows into from outside: a caller
            holds on to what it gives.
        unknown: Key of the first node whose layer does not say what torch does; the trace ends before it.
    """

    tape: Tape
    nodes: Mapping[str, range]
    weights: Mapping[str, Tensor]
    inputs: Tensors
    outputs: Tensors = ()
    arguments: Mapping[Storage, int] = field(default_factory=dict)
    unknown: str | None = None

    def kept(self) -> dict[str, int]:
        """Bytes that are kept for backward by the node that keeps them first; ``""`` stands for the loss.

        Parameters, buffers and the network's inputs are left out: they are there anyway.
        """
        owners = dict.fromkeys(range(len(self.tape.operations)), "")
        owners |= {number: key for key, numbers in self.nodes.items() for number in numbers}
        found = dict.fromkeys([*self.nodes, ""], 0)
        seen: set[Storage] = set()
        for number, operation in enumerate(self.tape.operations):
            for storage in operation.kept:
                if storage.kind == "value" and storage not in seen:
                    seen.add(storage)
                    found[owners[number]] += storage.bytes
        return found


def trace_training(graph: Graph, tape: Tape) -> Trace:
    """A forward pass in training mode, side branches too, with a cross-entropy on each output that has classes."""
    return _trace(graph, tape)


def trace_inference(graph: Graph, tape: Tape) -> Trace:
    """A forward pass in evaluation mode; what backward would need is not to be asked of it."""
    tape.training = False
    return _trace(graph, tape)


def _trace(graph: Graph, tape: Tape) -> Trace:
    weights = _weights(graph, tape)
    values: dict[tuple[str, int], Tensor] = {}
    for name, given in graph.inputs.items():
        dtype = None if given.dtype == "float32" else given.dtype
        values[name, 0] = tape.tensor((tape.batch, *given.shape), dtype, kind="input")
    inputs = tuple(values.values())
    nodes: dict[str, range] = {}
    for key, node in graph.nodes.items():
        if node.training_only and not tape.training:
            continue
        start = len(tape.operations)
        results = _record(node, tape, tuple(values[v.key, v.index] for v in node.inputs), weights)
        if results is None:
            return Trace(tape, nodes, weights, inputs, unknown=key)
        values |= {(key, index): result for index, result in enumerate(results)}
        nodes[key] = range(start, len(tape.operations))
    ends = [*graph.outputs.values(), *(graph.side_outputs.values() if tape.training else ())]
    outputs = tuple(values[value.key, value.index] for value in ends)
    if tape.training:
        for output in outputs:
            if len(output.shape) > 1 and output.is_float:
                cross_entropy(tape, output)
    return Trace(tape, nodes, weights, inputs, outputs, _arguments(graph, nodes, values))


def _arguments(
    graph: Graph, nodes: Mapping[str, range], values: Mapping[tuple[str, int], Tensor]
) -> dict[Storage, int]:
    """What each module with children is given from outside, to the module's last operation."""
    found: dict[Storage, int] = {}
    for scope in graph.root.walk():
        if not scope.level:
            continue
        keys = [key for inner in scope.walk() for key in inner.children if isinstance(key, str) and key in nodes]
        inside = set(keys)
        end = max((nodes[key].stop - 1 for key in keys), default=0)
        for key in keys:
            for value in graph.nodes[key].inputs:
                if value.key not in inside:
                    storage = values[value.key, value.index].storage
                    found[storage] = max(end, found.get(storage, 0))
    return found


def _record(node: Node, tape: Tape, inputs: Tensors, weights: Mapping[str, Tensor]) -> Tensors | None:
    """What a node's layer gives, and its activation makes of it."""
    if not node.layer.weights_known:
        return None
    tape.frozen = node.frozen
    own = {name: weights[_state_key(node, name)] for name in node.weights}
    results = node.layer.record(tape, inputs, own)
    if results is None or node.activation is None:
        return results
    return node.activation.record(tape, results[:1], {})


def _weights(graph: Graph, tape: Tape) -> dict[str, Tensor]:
    """The tensors of the state_dict by key: tied keys are one, and one user that is frozen freezes it for all."""
    ties = {_state_key(node, name): target for node in graph.nodes.values() for name, target in node.ties.items()}

    def owner(key: str) -> str:
        while key in ties:
            key = ties[key]
        return key

    uses = [(owner(_state_key(n, name)), weight, n) for n in graph.nodes.values() for name, weight in n.weights.items()]
    frozen = {key for key, _, node in uses if node.frozen}
    found: dict[str, Tensor] = {}
    for key, weight, _ in uses:
        if key not in found:
            kind = "buffer" if weight.buffer else "parameter"
            learned = not weight.buffer and key not in frozen
            # Batch norm's counter is an integer; the rest is of the type of all weights.
            dtype = "int64" if weight.buffer and not weight.shape else None
            found[key] = tape.tensor(weight.shape, dtype, kind=kind, needs_grad=learned)  # type: ignore[arg-type]
    return found | {key: found[owner(key)] for key in ties}


def _state_key(node: Node, name: str) -> str:
    return f"{node.path}.{name}" if name else node.path
