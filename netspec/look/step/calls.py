"""The calls of a network, one by one: forward with the values of each, and backward by the chain rule.

A network's own `forward` shows no values in between. Here its layers are called as its graph has them, with the same
modules; each call is a piece of its own, so that its derivatives are those of the layer alone.
"""

from __future__ import annotations

import operator
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from netspec.diagnostics import Code, NetspecError
from netspec.graph import Graph, Node
from netspec.layers.base import Layer
from netspec.program import Constant, Function, Parameter

_SIGNS = {"+": operator.add, "*": operator.mul, "-": operator.sub, "/": operator.truediv}

Key = tuple[str, int]
"""A tensor of the network: a call's key, and which of its outputs."""


@dataclass(slots=True)
class Call:
    """One call of a layer, or of the activation inside an entry.

    Attributes:
        key: Its name, unique in the network.
        path: The module's path.
        layer: The layer with its options.
        module: The module that was called; None for a function.
        sources: The tensors that it takes.
        given: Its inputs [N, ...]; those of floats are leaves.
        made: Its outputs [N, ...].
        weights: Its learned tensors by their name in the module.
        held: Copies of those, as they were when it was called.
        shares: Whether its module was called before.
        arrived: The gradient of the loss by each output, once `backward` was there; None where none arrives.
        passed: That by each input; None for inputs of whole numbers.
        learned: That by each learned tensor.
    """

    key: str
    path: str
    layer: Layer
    module: nn.Module | None
    sources: tuple[Key, ...]
    given: tuple[Tensor, ...]
    made: tuple[Tensor, ...]
    weights: dict[str, Tensor]
    held: dict[str, Tensor]
    shares: bool = False
    arrived: list[Tensor | None] = field(default_factory=list)
    passed: list[Tensor | None] = field(default_factory=list)
    learned: dict[str, Tensor] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The name of the layer's class, as tables have it."""
        return self.layer.type_name(self.shapes)

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The inputs' shapes, without the batch."""
        return tuple(tuple(each.shape[1:]) for each in self.given)

    def row(self, place: int, given: int = 0) -> list[tuple[int, float]]:
        """The derivatives of the first output's number at a place by the numbers of an input, those that are not 0."""
        (found,) = torch.autograd.grad(
            self.made[0].flatten()[place], self.given[given], retain_graph=True, allow_unused=True
        )
        return [] if found is None else _nonzero(found)

    def column(self, tensor: Tensor, place: int) -> list[tuple[int, float]]:
        """The derivatives of the first output's numbers by the number of an input, or a weight, at a place.

        Raises:
            RuntimeError: Torch does not know the layer's second derivative, which this takes.
        """
        direction = torch.zeros_like(self.made[0], requires_grad=True)
        (pulled,) = torch.autograd.grad(self.made[0], tensor, direction, create_graph=True)
        (found,) = torch.autograd.grad(pulled.flatten()[place], direction, allow_unused=True)
        return [] if found is None else _nonzero(found)


def _nonzero(found: Tensor) -> list[tuple[int, float]]:
    flat = found.detach().flatten()
    return [(at, float(flat[at])) for at in flat.nonzero().flatten().tolist()]


def forward(network: nn.Module, graph: Graph, inputs: Mapping[str, Tensor]) -> list[Call]:
    """Call the network's layers one by one, as its graph has them.

    Args:
        network: The module compiled from the graph, in the mode that it is to run in.
        graph: The network.
        inputs: Examples [N, ...] by the input's name.
    """
    values: dict[Key, Tensor] = {(name, 0): each for name, each in inputs.items()}
    batch = len(next(iter(inputs.values())))
    called: set[str] = set()
    calls: list[Call] = []
    for node in graph.nodes.values():
        sources = tuple((value.key, value.index) for value in node.inputs)
        for call in _calls(network, node, sources, values, batch, node.path in called):
            calls.append(call)
            values.update({(node.key, at): made.detach() for at, made in enumerate(call.made)})
        called.add(node.path)
    return calls


def _calls(
    network: nn.Module, node: Node, sources: tuple[Key, ...], values: Mapping[Key, Tensor], batch: int, shares: bool
) -> Iterator[Call]:
    """The call of a node, and that of its activation."""
    given = tuple(_leaf(values[source]) for source in sources)
    module: nn.Module | None = None
    weights: dict[str, Tensor] = {}
    made: Any
    if isinstance(node.call, Constant):
        constant = network.get_buffer(node.path)
        made = constant.expand(batch, *constant.shape)
    elif isinstance(node.call, Parameter):
        weights = {"": network.get_parameter(node.path)}
        made = _joined(node.call, weights[""], given, batch)
    elif isinstance(node.call, Function):
        made = _applied(node.call, given)
    else:
        module = network.get_submodule(node.path)
        weights = dict(module.named_parameters())
        made = module(*(each.clone() for each in given))  # a leaf cannot be changed in place
    outputs = tuple(made) if isinstance(made, tuple | list) else (made,)
    inner = node.activation
    key = node.key if inner is None else f"{node.key} before {inner.op}"
    held = {name: each.detach().clone() for name, each in weights.items()}
    yield Call(key, node.path, node.layer, module, sources, given, outputs, weights, held, shares)
    if inner is not None:
        taken = _leaf(outputs[0].detach())
        result = _applied(inner.emit_function(), (taken,))
        yield Call(node.key, node.path, inner, None, ((key, 0),), (taken,), (result,), {}, {})


def _leaf(value: Tensor) -> Tensor:
    fresh = value.detach().clone()
    return fresh.requires_grad_() if fresh.is_floating_point() else fresh


def _joined(call: Parameter, own: Tensor, given: tuple[Tensor, ...], batch: int) -> Tensor:
    if call.sign:
        return _SIGNS[call.sign](own, given[0])  # type: ignore[no-any-return]
    return own.expand(batch, *own.shape[1:])


def _applied(call: Function, given: tuple[Tensor, ...]) -> Any:
    """What a function makes of tensors, with the arguments that the generated source writes."""
    if call.target in _SIGNS:
        return reduce(_SIGNS[call.target], (*given, *call.args))
    kwargs = {
        name: each for name, each in call.kwargs.items() if name not in call.defaults or call.defaults[name] != each
    }
    first, *others = (each.clone() for each in given)
    if call.target.startswith("."):
        return getattr(first, call.target[1:])(*others, *call.args, **kwargs)
    try:
        function = pkgutil.resolve_name(call.target)
    except (ImportError, AttributeError, ValueError):
        message = f"`{call.target}` of a plugin is no function that can be called by itself"
        raise NetspecError.of(Code.PLUGIN_FAILED, message) from None
    return function(*([[first, *others]] if call.pack else [first, *others]), *call.args, **kwargs)


def backward(calls: list[Call], deltas: Mapping[Key, Tensor]) -> None:
    """Pass the gradient of the loss back through the calls, from the last to the first.

    Args:
        calls: The result of `forward`, which is filled in.
        deltas: The gradients of the loss by the network's outputs.
    """
    arriving: dict[Key, Tensor] = dict(deltas)
    for call in reversed(calls):
        call.arrived = [arriving.get((call.key, at)) for at in range(len(call.made))]
        call.passed = [None] * len(call.given)
        pairs = [(made, delta) for made, delta in zip(call.made, call.arrived, strict=True) if delta is not None]
        pairs = [(made, delta) for made, delta in pairs if made.requires_grad]
        if not pairs:
            continue
        learning = {name: weight for name, weight in call.weights.items() if weight.requires_grad}
        floats = [at for at, each in enumerate(call.given) if each.requires_grad]
        tensors = [*(call.given[at] for at in floats), *learning.values()]
        outputs, gradients = zip(*pairs, strict=True)
        found = torch.autograd.grad(outputs, tensors, gradients, retain_graph=True, allow_unused=True)
        for at, gradient in zip(floats, found, strict=False):
            if gradient is not None:
                call.passed[at] = gradient
                source = call.sources[at]
                arriving[source] = arriving[source] + gradient if source in arriving else gradient
        for name, gradient in zip(learning, found[len(floats) :], strict=True):
            if gradient is not None:
                call.learned[name] = gradient
