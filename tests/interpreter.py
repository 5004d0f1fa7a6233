"""A plain interpreter of graphs: each node's torch module, called in order. The judge of lowering and generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from netspec.contract.calls import build, results
from netspec.graph import Graph, Node
from netspec.layers.scan_steps import STACK

Values = dict[tuple[str, int], Tensor]
"""Tensors by the key of the node that made them, or the name of an input, and their index."""


class Interpreter:
    """The modules of a graph, with weights from a state_dict of the whole network."""

    def __init__(self, graph: Graph, weights: Mapping[str, Tensor], training: bool = False) -> None:
        self.graph = graph
        self.training = training
        self.modules: dict[str, nn.Module] = {}
        self.steps: dict[tuple[str, int], list[Tensor]] = {}
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
        values: Values = {(name, 0): tensor for name, tensor in inputs.items()}
        self._run([*self.graph.nodes], values, batch)
        wanted = {**self.graph.outputs, **(self.graph.side_outputs if self.training else {})}
        return {name: values[value.key, value.index] for name, value in wanted.items()}

    def _run(self, keys: Sequence[str], values: Values, batch: int) -> None:
        """Call nodes in order; those in a scan once for each of its steps."""
        rest = list(keys)
        while rest:
            key = rest.pop(0)
            if key in self.graph.scans:
                inside = [each for each in rest if key in self.graph.nodes[each].scans]
                rest = [each for each in rest if each not in inside]
                self._scan(key, inside, values, batch)
            elif self.training or not self.graph.nodes[key].training_only:
                self._call(key, values, batch)

    def _scan(self, key: str, inside: Sequence[str], values: Values, batch: int) -> None:
        """A loop over an axis; of what a step makes, `stack` takes what all have made, and others the last."""
        scan, (sequence,) = self.graph.scans[key], self.graph.nodes[key].inputs
        own = {each for each in inside if self.graph.nodes[each].scans[-1] == key}
        begun = {(before.key, before.index): values[before.key, before.index] for before, _ in scan.carried}
        for step in values[sequence.key, sequence.index].unbind(scan.axis + 1):
            values[key, 0] = step
            self._run(inside, values, batch)
            for name in [(key, 0), *(name for name in values if name[0] in own)]:
                self.steps.setdefault(name, []).append(values[name])
            after = [values[value.key, value.index] for _, value in scan.carried]
            values.update(zip(begun, after, strict=True))
        values.update(begun)

    def _call(self, key: str, values: Values, batch: int) -> None:
        node = self.graph.nodes[key]
        given = [values[value.key, value.index] for value in node.inputs]
        if node.layer.op == STACK:
            given = self.steps.pop((node.inputs[0].key, node.inputs[0].index))
        outputs = results(self.modules[node.path](*given) if node.inputs else self.modules[node.path](batch))
        if node.activation is not None:
            outputs = tuple(build(node.activation.emit(node.output_shapes), "cpu")(o) for o in outputs)
        assert tuple(tuple(o.shape[1:]) for o in outputs) == node.output_shapes, key
        values.update({(key, index): output for index, output in enumerate(outputs)})


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
