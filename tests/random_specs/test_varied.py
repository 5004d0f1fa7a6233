"""Random specs whose tensors change their number of axes: graph, program, source, live module and torch agree."""

from __future__ import annotations

import os
from random import Random

import torch
from torch import Tensor, nn

from netspec import api
from netspec.backends.live import build
from netspec.graph import Graph
from netspec.program.naming import network_class
from tests.interpreter import Interpreter, random_weights
from tests.random_specs.test_random_specs import named
from tests.random_specs.varied import varied_spec

FIRST = int(os.environ.get("NETSPEC_FIRST", "0"))
"""The first seed, so that many can be tried a part at a time."""

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "90"))


def test_valid_specs_are_what_torch_runs() -> None:
    met = {"ranks": 0, "lone": 0, "empty": 0}
    for seed in range(FIRST, FIRST + EXAMPLES):
        spec = api.loads(varied_spec(Random(seed)))
        try:
            check(spec)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        note(spec.graph, met)
    assert all(count > EXAMPLES // 40 for count in met.values()), met


def note(graph: Graph, met: dict[str, int]) -> None:
    """Count what the specs are drawn for."""
    ranks: dict[str, set[int]] = {}
    scopes = list(graph.root.walk())
    for scope in scopes:
        if scope.kind == "block":
            ranks.setdefault(scope.label, set()).update(len(value.shape) for value in scope.source.inputs)
    met["ranks"] += any(len(each) > 1 for each in ranks.values())
    met["lone"] += any(n.layer.op in ("split", "chunk") and len(n.outputs) == 1 for n in graph.nodes.values())
    met["empty"] += any(scope.kind == "repeat" and len(scope.children) < 2 for scope in scopes)


def check(spec: api.Spec) -> None:
    """Holds tensors, shapes, counts and outputs of the live module against the graph and torch's own modules."""
    graph = spec.graph
    source = api.generate(spec)
    state = build(source, network_class(spec.name), "meta").state_dict()
    assert list(state) == list(graph.state_dict)
    assert [tuple(t.shape) for t in state.values()] == [w.shape for w in graph.state_dict.values()]
    network = api.compile(spec)
    tied = sum(node.weights[own].numel for node in graph.nodes.values() if not node.reuses for own in node.ties)
    learned = sum(weight.numel for weight in graph.state_dict.values() if not weight.buffer)
    assert sum(p.numel() for p in network.parameters()) == learned - tied
    for training in (False, True):
        outputs_are_torchs(network, graph, training)


def outputs_are_torchs(network: nn.Module, graph: Graph, training: bool) -> None:
    """Each tensor has the shape that was inferred, and each output is that of torch's modules called one by one."""
    network.load_state_dict(random_weights(network, 3))
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}  # as ties leave them
    interpreter = Interpreter(graph, weights, training)
    for module in (*interpreter.modules.values(), *network.train(training).modules()):
        if isinstance(module, nn.Dropout):
            module.eval()
    given = inputs_of(graph)
    with torch.no_grad():
        try:
            wanted = interpreter(**given)
        except ValueError as error:
            if training and "Expected more than 1 value per channel" in str(error):
                return  # a norm over a single element
            raise
        found = named(graph, network(*given.values()))
    assert found.keys() == wanted.keys()
    shapes = {**graph.outputs, **(graph.side_outputs if training else {})}
    for name, tensor in wanted.items():
        assert tuple(tensor.shape[1:]) == shapes[name].shape
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0, equal_nan=True, msg=name)


def inputs_of(graph: Graph) -> dict[str, Tensor]:
    """Examples for each input, of its dtype."""
    generator = torch.Generator().manual_seed(7)
    return {
        name: torch.randint(0, 7, (2, *each.shape), generator=generator)
        if each.dtype == "int64"
        else torch.randn(2, *each.shape, generator=generator)
        for name, each in graph.inputs.items()
    }
