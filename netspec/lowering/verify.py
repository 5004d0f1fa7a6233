"""The proof of a lowering: the resolved program equals the graph, call by call and path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.expr import ExpressionError
from netspec.expr.symbols import concrete, items_of
from netspec.expr.tracing import are_one
from netspec.graph import Graph, Node
from netspec.layers.base import Layer
from netspec.lowering.instances import LoweringError, same
from netspec.lowering.leaves import is_leaf_of
from netspec.lowering.settings import settings
from netspec.program import Call, Constant, Function
from netspec.program.classes import Program
from netspec.resolve import ForwardCall, Resolved, resolve
from netspec.resolve.steps import TensorId

NumberedCall = tuple[int, ForwardCall]


def verify(program: Program, graph: Graph, arguments: Mapping[str, Any] | None = None) -> Resolved:
    """Compare a program with its graph.

    Args:
        program: A program.
        graph: The graph that it must equal.
        arguments: The arguments of the network's class, if the graph is for other params than the spec's own.

    Raises:
        LoweringError: They differ.
    """
    try:
        resolved = resolve(program, arguments)
    except (KeyError, ValueError, ExpressionError) as error:
        raise LoweringError(f"the program cannot be evaluated: {error}") from error
    compare(resolved, graph)
    return resolved


def compare(resolved: Resolved, graph: Graph) -> None:
    """Compare a resolved program with its graph; if both have symbols, these record a guard for what must be equal.

    Raises:
        LoweringError: They differ.
    """
    expected = [n for n in (graph.nodes[key] for key in graph.order) if not n.reuses and not _is_function(n)]
    if {n.path for n in expected} != set(resolved.modules):
        extra = sorted(set(resolved.modules) ^ {n.path for n in expected})
        raise LoweringError(f"the program makes other modules: {', '.join(extra[:5])}")
    for node in expected:
        _equal(resolved.modules[node.path], node.call, node.layer, node.path)
    values = {(name, 0): (-1 - n, 0) for n, name in enumerate(graph.inputs)}
    steps = iter(enumerate(resolved.steps))
    for node in graph.nodes.values():
        _step(node, resolved.modules, values, steps)
    if (left := next(steps, None)) is not None:
        raise LoweringError(f"the program calls {left[1].call.target} once more than the graph")
    scans = {
        values[key, 0][0]: tuple((values[a.key, a.index], values[b.key, b.index]) for a, b in scan.carried)
        for key, scan in graph.scans.items()
    }
    if dict(resolved.scans) != scans:
        raise LoweringError("the program hands on other states from step to step")
    outputs = {**graph.outputs, **graph.side_outputs}
    names = outputs if len(outputs) > 1 else ("output",)  # a single tensor is returned without its name
    wanted = {name: values[value.key, value.index] for name, value in zip(names, outputs.values(), strict=True)}
    if dict(resolved.outputs) != wanted:
        raise LoweringError("the program returns other tensors")
    if list(resolved.settings) != settings(graph):
        raise LoweringError("the program initialises, ties or freezes other weights")


def _is_function(node: Node) -> bool:
    return isinstance(node.call, Function)


def _step(
    node: Node, modules: Mapping[str, Call], values: dict[tuple[str, int], TensorId], steps: Iterator[NumberedCall]
) -> None:
    number, step = _next(steps, node)
    if not isinstance(node.call, Function) and step.path != node.path:
        raise LoweringError(f"the program calls {step.path or step.call.target} where the graph calls {node.path}")
    if node.reuses or step.call is not modules.get(node.path):  # else it was compared
        _equal(step.call, node.call, node.layer, node.path)
    inputs = tuple(values[value.key, value.index] for value in node.inputs)
    if step.inputs != inputs:
        raise LoweringError(f"{node.path} takes other tensors in the program")
    if step.results != len(node.outputs):
        raise LoweringError(f"{node.path} gives {len(node.outputs)} tensors, the program takes {step.results}")
    if node.activation is not None:
        before = (number, 0)
        number, step = _next(steps, node)
        _equal(step.call, node.activation.emit_function(), node.activation, f"{node.path}'s activation")
        if step.inputs != (before,):
            raise LoweringError(f"the activation of {node.path} takes another tensor")
    values.update({(node.key, index): (number, index) for index in range(len(node.outputs))})


def _next(steps: Iterator[NumberedCall], node: Node) -> NumberedCall:
    if (found := next(steps, None)) is None:
        raise LoweringError(f"the program never calls {node.path}")
    return found


def _same(left: Any, right: Any) -> bool:
    """Equality that also distinguishes lists from tuples, at any depth; symbols are compared by their expressions."""
    if isinstance(left, dict) and isinstance(right, dict):
        return _same(list(left.items()), list(right.items()))
    if not isinstance(left, (tuple, list)) and not isinstance(right, (tuple, list)):
        return same(concrete(left), concrete(right)) and are_one(left, right)
    left, right = items_of(left), items_of(right)
    return type(left) is type(right) and len(left) == len(right) and all(map(_same, left, right))


def _equal(made: Call, wanted: Call, layer: Layer, path: str) -> None:
    equal = (
        type(made) is type(wanted)
        and made.target == wanted.target
        and (isinstance(made, Constant) and made.saved) == (isinstance(wanted, Constant) and wanted.saved)
        and _same(made.args, wanted.args)
        and _same(tuple(sorted(made.kwargs.items())), tuple(sorted(wanted.kwargs.items())))
    )
    if not equal:
        raise LoweringError(f"{path} is {made} in the program and {wanted} in the graph")
    if not is_leaf_of(made, layer):
        raise LoweringError(f"{path} is the layer {made.op} with {made.options} in the program, {layer!r} in the graph")
