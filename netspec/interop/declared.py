"""Comparison of the tensors that plugins' modules have with those that their layers declare and a summary counts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netspec.diagnostics import Code, NetspecError, Span
from netspec.graph import Graph, Node, state_key
from netspec.layers.base import Layer, Weight


def built(graph: Graph, build: Callable[[], nn.Module]) -> nn.Module:
    """Build a network, and check that it has the tensors that its layers declare.

    Raises:
        NetspecError: NS0906: a plugin's module cannot be made or filled, or has other tensors. Other errors are raised
            unchanged where no layer is from outside netspec.
    """
    try:
        network = build()
    except Exception as error:  # a plugin's code can fail in any way
        if isinstance(error, NetspecError) or not any(_is_outside(node.layer) for node in graph.nodes.values()):
            raise
        message = f"a network with layers of a plugin cannot be made: {type(error).__name__}: {error}"
        raise NetspecError.of(Code.PLUGIN_FAILED, message) from error
    check_declared(network, graph)
    return network


def check_declared(network: nn.Module, graph: Graph) -> None:
    """Compare the names and shapes of a network's tensors with what layers from outside netspec declare.

    Netspec's own layers are proven by its tests, and a network without others costs nothing here.

    Args:
        network: Compiled from the graph.
        graph: The graph of the same spec and input shapes.

    Raises:
        NetspecError: NS0906: a module has another tensor than its layer declares.
    """
    outside = {node.path: node for node in graph.nodes.values() if not node.reuses and _is_outside(node.layer)}
    if not outside:
        return
    real: dict[str, dict[str, Tensor]] = {path: {} for path, node in outside.items() if node.layer.weights_known}
    for key, tensor in network.state_dict(keep_vars=True).items():
        path = next((prefix for prefix in _prefixes(key) if prefix in real), None)
        if path is not None and isinstance(tensor, Tensor):  # a module's extra state may be anything
            real[path][key] = tensor
    for path, tensors in real.items():
        _check(outside[path], tensors)


def _check(node: Node, real: dict[str, Tensor]) -> None:
    declared = {state_key(node.path, name): weight for name, weight in node.weights.items()}
    for key in dict.fromkeys((*declared, *real)):
        told, found = declared.get(key), real.get(key)
        if told and found is not None and (is_lazy(found) or _agree(told, found)):
            continue
        name = key.removeprefix(f"{node.path}.")
        raise NetspecError.of(
            Code.PLUGIN_FAILED,
            f"the layer `{node.layer.op}` declares `{name}` otherwise than its module, `{node.path}`, has it",
            span=_place(node.layer) or node.span,
            found="no such tensor in the module" if found is None else _found(found),
            expected=_declared(told),
            help=f"let `weights` of {type(node.layer).__name__} tell the tensors of the module's state_dict",
        )


def _agree(told: Weight, found: Tensor) -> bool:
    return tuple(found.shape) == tuple(told.shape) and isinstance(found, nn.Parameter) != told.buffer


def _found(tensor: Tensor) -> str:
    if is_lazy(tensor):
        return "a tensor whose shape is not yet known"
    return f"{'a parameter' if isinstance(tensor, nn.Parameter) else 'a buffer'} of {list(tensor.shape)}"


def _declared(weight: Weight | None) -> str:
    if weight is None:
        return "no such tensor, as declared"
    return f"{'a buffer' if weight.buffer else 'a parameter'} of {list(weight.shape)}, as declared"


def _prefixes(key: str) -> Iterator[str]:
    """A tensor's key and the paths of the modules that it lies in, the innermost first."""
    while key:
        yield key
        key = key.rpartition(".")[0]


def _is_outside(layer: Layer) -> bool:
    return type(layer).__module__.partition(".")[0] != "netspec"


def _place(layer: Layer) -> Span | None:
    """The place where a plugin's file declares the weights, or else its class; None where neither is known."""
    cls = type(layer)
    try:
        subject = cls.__dict__.get("weights", cls)
        file, (_, line) = inspect.getsourcefile(subject), inspect.getsourcelines(subject)
    except (OSError, TypeError):
        return None
    return Span(file, line, 1, line, 2) if file else None
