"""A pass over a network written on a tape, by the layers' own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import chain

from netspec.autograd import Storage, Tape, TapeTensor, Tensors
from netspec.autograd.operations import cross_entropy
from netspec.graph import Graph, Node, state_key
from netspec.layers.scan_steps import Stack
from netspec.objects.immutable import immutable


@immutable
class Trace:
    """The result of a pass.

    Attributes:
        tape: The operations, those of the loss last.
        nodes: The numbers of a node's operations on the tape, by node key; in evaluation a range.
        weights: The tensors of the state_dict by key.
        inputs: The network's inputs.
        outputs: The pass's results, which outlive it.
        arguments: For a pass in evaluation mode, the number of the last operation by storage during which more than an
            operation's own reading holds it: the caller of a layer or of a module holds its arguments, a local
            variable its value.
        unknown: Key of the first node whose layer does not describe torch's operations; the trace ends before it.
    """

    tape: Tape
    nodes: Mapping[str, Sequence[int]]
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
    steps = _Steps(graph)
    done = _Pass(graph, tape, weights, values, steps)
    unknown = done.run(list(graph.nodes))
    nodes = {key: numbers[0] if len(numbers) == 1 else list(chain(*numbers)) for key, numbers in done.numbers.items()}
    if unknown is not None:
        return Trace(tape, nodes, weights, inputs, unknown=unknown)
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


MOST_CALLS = 10_000
"""Calls of layers in scans that are recorded one by one, as many as a spec may have entries."""

MOST_OPERATIONS = 100_000
"""Operations of which no further step of a scan is recorded: a step may have a loop of its own."""


@immutable
class _Pass:
    """The calls of a pass, in order.

    Attributes:
        values: What flows, by the key of the node that made it, or the name of an input, and its index.
        numbers: The operations of each node; of those in a scan, a range for each step.
        rows: What the steps of scans have made, by the same names as `values`, until it is joined.
    """

    graph: Graph
    tape: Tape
    weights: Mapping[str, TapeTensor]
    values: dict[tuple[str, int], TapeTensor]
    steps: _Steps
    numbers: dict[str, list[range]] = field(default_factory=dict)
    rows: dict[tuple[str, int], list[TapeTensor]] = field(default_factory=dict)

    def run(self, keys: list[str]) -> str | None:
        """Call nodes in order, those in a scan at each of its steps; the key of the first that is unknown."""
        place = 0
        while place < len(keys):
            key, place = keys[place], place + 1
            if key not in self.graph.scans:
                unknown = self._call(key)
            else:
                inside = [each for each in keys[place:] if key in self.graph.nodes[each].scans]
                place += len(inside)
                unknown = self._scan(key, inside)
            if unknown is not None:
                return unknown
        return None

    def _call(self, key: str) -> str | None:
        node, tape = self.graph.nodes[key], self.tape
        self.steps.begin(node, len(tape.operations))
        if node.training_only and not tape.training:
            return None
        start = len(tape.operations)
        given = tuple(self.values[v.key, v.index] for v in node.inputs)
        if isinstance(node.layer, Stack):
            given = tuple(self.rows.pop((node.inputs[0].key, node.inputs[0].index)))
        results = _record(node, tape, given, self.weights)
        if results is None:
            return key
        self.values.update({(key, index): result for index, result in enumerate(results)})
        self.numbers.setdefault(key, []).append(range(start, len(tape.operations)))
        self.steps.end(len(tape.operations))
        return None

    def _scan(self, key: str, inside: list[str]) -> str | None:
        """A loop over an axis; unknown in evaluation, where what holds a step's values is not followed."""
        scan, (given,) = self.graph.scans[key], self.graph.nodes[key].inputs
        sequence, axis = self.values[given.key, given.index], scan.axis + 1
        calls = sum(self.graph.times(each) for each, node in self.graph.nodes.items() if node.scans)
        if not self.tape.training or calls > MOST_CALLS:
            return key
        begun = {(before.key, before.index): self.values[before.key, before.index] for before, _ in scan.carried}
        own = {key, *(each for each in inside if self.graph.nodes[each].scans[-1] == key)}
        for _ in range(sequence.shape[axis]):
            if len(self.tape.operations) > MOST_OPERATIONS:
                return key
            self.values[key, 0] = self.tape.select(sequence, axis)
            unknown = self.run(inside)
            if unknown is not None:
                return unknown
            for name in filter(lambda name: name[0] in own, self.values):
                self.rows.setdefault(name, []).append(self.values[name])
            after = [self.values[state.key, state.index] for _, state in scan.carried]
            self.values.update(zip(begun, after, strict=True))
        self.values.update(begun)
        self.numbers[key] = [range(0)]
        return None


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


def _last(numbers: Sequence[int]) -> int:
    """The last of a node's operations; of one without any, the last before it."""
    return numbers.stop - 1 if isinstance(numbers, range) else max(numbers)


def _given_to_layers(
    graph: Graph, nodes: Mapping[str, Sequence[int]], values: Mapping[tuple[str, int], TapeTensor]
) -> dict[Storage, int]:
    """The arguments of each layer, with its last operation."""
    found: dict[Storage, int] = {}
    for key, numbers in nodes.items():
        for value in graph.nodes[key].inputs:
            storage = values[value.key, value.index].storage
            found[storage] = max(_last(numbers), found.get(storage, 0))
    return found


def _given_to_levels(graph: Graph, nodes: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], int]:
    """The outside arguments of each level, with its last operation."""
    found: dict[tuple[str, int], int] = {}
    for scope in graph.root.walk():
        if not scope.level:
            continue
        keys = [key for key in scope.node_keys() if key in nodes]
        inside = set(keys)
        end = max((_last(nodes[key]) for key in keys), default=0)
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
