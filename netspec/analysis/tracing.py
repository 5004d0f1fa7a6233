"""A pass over a network written on a tape, by the layers' own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from netspec.autograd import Storage, Tape, TapeTensor, Tensors
from netspec.autograd.operations import cross_entropy
from netspec.graph import Graph, Node, state_key
from netspec.objects.immutable import immutable


@immutable
class Trace:
    """The result of a pass.

    Attributes:
        tape: The operations, those of the loss last.
        nodes: The range of a node's operations on the tape, by node key.
        weights: The tensors of the state_dict by key.
        inputs: The network's inputs.
        outputs: The pass's results, which outlive it.
        arguments: For a pass in evaluation mode, the number of the last operation by storage during which more than an
            operation's own reading holds it: the caller of a layer or of a module holds its arguments, a local
            variable its value.
        unknown: Key of the first node whose layer does not describe torch's operations; the trace ends before it.
    """

    tape: Tape
    nodes: Mapping[str, range]
    weights: Mapping[str, TapeTensor]
    inputs: Tensors
    outputs: Tensors = ()
    arguments: Mapping[Storage, int] = field(default_factory=dict)
    unknown: str | None = None

    def kept(self) -> dict[str, int]:
        """Bytes that are kept for backward by the node that keeps them first; ``""`` stands for the loss.

        Parameters, buffers and the network's inputs are left out: they always exist.
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


def trace_inference(graph: Graph, tape: Tape, held: Mapping[tuple[int, int], int]) -> Trace:
    """A forward pass in evaluation mode; it does not give what backward would need.

    Args:
        graph: The network.
        tape: Takes the operations.
        held: Values that local variables of its program and callers of its modules hold, from `resolve`; without a
            program every part with a name counts as a module with a caller.
    """
    tape.training = False
    return _trace(graph, tape, held)


def _trace(graph: Graph, tape: Tape, held: Mapping[tuple[int, int], int] | None = None) -> Trace:
    weights = weights_on(tape, graph)
    values: dict[tuple[str, int], TapeTensor] = {}
    for name, given in graph.inputs.items():
        dtype = None if given.dtype == "float32" else given.dtype
        values[name, 0] = tape.tensor((tape.batch, *given.shape), dtype, kind="input")
    inputs = tuple(values.values())
    nodes: dict[str, range] = {}
    steps = _Steps(graph)
    for key, node in graph.nodes.items():
        steps.begin(node, len(tape.operations))
        if node.training_only and not tape.training:
            continue
        start = len(tape.operations)
        results = _record(node, tape, tuple(values[v.key, v.index] for v in node.inputs), weights)
        if results is None:
            return Trace(tape, nodes, weights, inputs, unknown=key)
        values |= {(key, index): result for index, result in enumerate(results)}
        nodes[key] = range(start, len(tape.operations))
        steps.end(len(tape.operations))
    ends = [*graph.outputs.values(), *(graph.side_outputs.values() if tape.training else ())]
    outputs = tuple(values[value.key, value.index] for value in ends)
    if tape.training:
        for output in outputs:
            if len(output.shape) > 1 and output.is_float:
                cross_entropy(tape, output)
        return Trace(tape, nodes, weights, inputs, outputs)
    arguments = _given_to_layers(graph, nodes, values)
    holding = _given_to_levels(graph, nodes) if held is None else _named(steps, held)
    for storage, last in tape.locals.items():
        arguments[storage] = max(last, arguments.get(storage, 0))
    for place, last in holding.items():
        if place in values:
            storage = values[place].storage
            arguments[storage] = max(last, arguments.get(storage, 0))
    return Trace(tape, nodes, weights, inputs, outputs, arguments)


class _Steps:
    """The steps of a program's forward pass: one for each node, and one for each activation."""

    def __init__(self, graph: Graph) -> None:
        self.places: dict[int, str] = {-1 - number: name for number, name in enumerate(graph.inputs)}
        self.ends: list[int] = []

    def begin(self, node: Node, operations: int) -> None:
        """Start a node's steps, so far without operations."""
        self.ends += [operations] * (1 if node.activation is None else 2)
        self.places[len(self.ends) - 1] = node.key

    def end(self, operations: int) -> None:
        """End the last step."""
        self.ends[-1] = operations


def _named(steps: _Steps, held: Mapping[tuple[int, int], int]) -> dict[tuple[str, int], int]:
    """Values that local variables hold, each with the last operation during that time."""
    return {
        (steps.places[made], index): steps.ends[last] - 1
        for (made, index), last in held.items()
        if made in steps.places and last >= 0
    }


def _given_to_layers(
    graph: Graph, nodes: Mapping[str, range], values: Mapping[tuple[str, int], TapeTensor]
) -> dict[Storage, int]:
    """The arguments of each layer, with its last operation."""
    found: dict[Storage, int] = {}
    for key, numbers in nodes.items():
        for value in graph.nodes[key].inputs:
            storage = values[value.key, value.index].storage
            found[storage] = max(numbers.stop - 1, found.get(storage, 0))
    return found


def _given_to_levels(graph: Graph, nodes: Mapping[str, range]) -> dict[tuple[str, int], int]:
    """The outside arguments of each level, with its last operation."""
    found: dict[tuple[str, int], int] = {}
    for scope in graph.root.walk():
        if not scope.level:
            continue
        keys = [key for key in scope.node_keys() if key in nodes]
        inside = set(keys)
        end = max((nodes[key].stop - 1 for key in keys), default=0)
        for key in keys:
            for value in graph.nodes[key].inputs:
                if value.key not in inside:
                    found[value.key, value.index] = max(end, found.get((value.key, value.index), 0))
    return found


def _record(node: Node, tape: Tape, inputs: Tensors, weights: Mapping[str, TapeTensor]) -> Tensors | None:
    """The output tensors of a node's layer, after its activation."""
    if not node.layer.weights_known:
        return None
    tape.frozen = node.frozen
    own = {name: weights[state_key(node.path, name)] for name in node.weights}
    results = node.layer.record(tape, inputs, own)
    tape.let_go()
    if results is None or node.activation is None:
        return results
    tape.hold(results[0])  # held as its argument
    results = node.activation.record(tape, results[:1], {})
    tape.let_go()
    return results


def weights_on(tape: Tape, graph: Graph) -> dict[str, TapeTensor]:
    """The state_dict's tensors by key: tied keys are one, and one frozen user freezes the tensor for all."""
    keys = ((state_key(n.path, name), weight, n) for n in graph.nodes.values() for name, weight in n.weights.items())
    uses = [(graph.owners.get(key, key), weight, node) for key, weight, node in keys]
    frozen = {key for key, _, node in uses if node.frozen}
    found: dict[str, TapeTensor] = {}
    for key, weight, _ in uses:
        if key not in found:
            kind = "buffer" if weight.buffer else "parameter"
            learned = tape.training and not weight.buffer and key not in frozen
            # Batch norm's counter is an integer; the rest has the type of all weights.
            dtype = weight.dtype or ("int64" if weight.buffer and not weight.shape else None)
            found[key] = tape.tensor(weight.shape, dtype, kind=kind, needs_grad=learned)  # type: ignore[arg-type]
    return found | {key: found[owner] for key, owner in graph.owners.items()}
