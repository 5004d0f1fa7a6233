"""A plain interpreter of graphs: each node's torch module, called in order. The judge of lowering and generation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from netspec.contract.calls import build, results
from netspec.graph import Graph, Node


class Interpreter:
    """The modules of a graph, with weights from a state_dict of the whole network."""

    def __init__(self, graph: Graph, weights: Mapping[str, Tensor], training: bool = False) -> None:
        self.graph = graph
        self.training = training
        self.modules: dict[str, nn.Module] = {}
        for node in graph.nodes.values():
            if node.path not in self.modules:
                self.modules[node.path] = self._module(node, weights).train(training)

    def _module(self, node: Node, weights: Mapping[str, Tensor]) -> nn.Module:
        module = build(node.layer.emit(node.input_shapes), "cpu")
        if "" in node.weights:
            parameter = module._parameters[""]
            assert parameter is not None
            parameter.data.copy_(weights[node.path])
        else:
            module.load_state_dict({name: weights[f"{node.path}.{name}"] for name in node.weights})
        return module

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        """The network's outputs by name; in training those of side branches, too."""
        batch = next(iter(inputs.values())).shape[0]
        values = {(name, 0): tensor for name, tensor in inputs.items()}
        for key, node in self.graph.nodes.items():
            if node.training_only and not self.training:
                continue
            given = [values[value.key, value.index] for value in node.inputs]
            outputs = results(self.modules[node.path](*given) if node.inputs else self.modules[node.path](batch))
            if node.activation is not None:
                outputs = tuple(build(node.activation.emit(node.output_shapes), "cpu")(o) for o in outputs)
            assert tuple(tuple(o.shape[1:]) for o in outputs) == node.output_shapes, key
            values.update({(key, index): output for index, output in enumerate(outputs)})
        wanted = {**self.graph.outputs, **(self.graph.side_outputs if self.training else {})}
        return {name: values[value.key, value.index] for name, value in wanted.items()}


def random_weights(module: nn.Module, seed: int) -> dict[str, Tensor]:
    """A state_dict with random values, running statistics included, so that nothing vanishes."""
    generator = torch.Generator().manual_seed(seed)
    made = {}
    for name, tensor in module.state_dict().items():
        if tensor.dtype.is_floating_point:
            inputs = max(tensor[0].numel(), 1) if tensor.dim() > 1 else 4
            values = torch.randn(tensor.shape, generator=generator) / inputs**0.5
            made[name] = values.abs() + 0.5 if "running_var" in name else values
        else:
            made[name] = torch.zeros_like(tensor)
    return made
