"""What lints say is true of the module that runs."""

import os
from random import Random

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.layers.traits import ANYTHING
from netspec.lints import lints
from netspec.lints.base import Network
from tests.random_specs.generate import random_spec

torch = pytest.importorskip("torch")

SEEDS = range(min(int(os.environ.get("NETSPEC_EXAMPLES", "120")), 300))
HEAD = "netspec: 1\nname: net\n"


def networks(name: str):
    """The lint's own bad example, and random specs in which it finds something, with what it finds."""
    texts = [HEAD + lints()[name].bad, *(random_spec(Random(seed)) for seed in SEEDS)]
    for text in texts:
        try:
            spec = api.loads(text)
            found = list(lints()[name].check(Network(api.analyze(spec))))
        except NetspecError:
            continue  # what netspec refuses is another test's business
        if found:
            yield spec, found


def inputs_of(spec: api.Spec) -> list[torch.Tensor]:
    torch.manual_seed(3)
    return [torch.randn(4, *each.shape) for each in spec.graph.inputs.values()]


def outputs(module: torch.nn.Module, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        result = module(*inputs)
    return list(result.values()) if isinstance(result, dict) else [result]


def test_a_bias_before_a_normalisation_has_no_effect():
    tried = 0
    for spec, found in networks("bias-before-norm"):
        module = api.compile(spec).train()
        for dropout in (m for m in module.modules() if isinstance(m, torch.nn.Dropout)):
            dropout.p = 0.0
        inputs = inputs_of(spec)
        before = outputs(module, inputs)
        with torch.no_grad():
            for finding in found:
                module.get_submodule(finding.node.path).bias += 0.5
        for one, other in zip(before, outputs(module, inputs), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)
        tried += 1
    assert tried > 1


@pytest.mark.parametrize(
    "layers",
    [
        "[sigmoid, {avg_pool: 2}, relu]",
        "[softmax, {global_avg_pool, name: p}, relu]",
        "[relu, {conv: 8, kernel: 1, activation: relu}, dropout, relu]",
        "[{parallel: [relu, sigmoid], merge: add}, relu]",
        "[batch_norm, {batch_norm, name: again}]",
        "[{max_pool: 1}]",
        "[{conv: 16, kernel: 3, activation: relu}, {max_pool: 2}, relu]",
        "[{softplus, beta: 2.0}, flatten, {reshape: [4, 72]}, {avg_pool: 2}, relu]",
        "[relu6, {max_pool: 2}, relu6]",
        "[sigmoid, {pad: 1}, {upsample: 2}, {hardtanh, min_val: 0.0}]",
        "[sigmoid, {leaky_relu: 0.2}]",
        "[{sum_pool: 1}]",
        "[instance_norm, instance_norm]",
    ],
)
def test_the_last_layer_gives_what_it_gets(layers):
    spec = api.loads(f"{HEAD}input: [8, 6, 6]\nlayers: {layers}\n")
    (finding,) = lints()["no-effect"].check(Network(api.analyze(spec)))
    module = api.compile(spec).train()
    seen = []
    layer = module.get_submodule(finding.node.path)
    layer.register_forward_hook(lambda _, given, result: seen.append((given[0].clone(), result)))
    outputs(module, inputs_of(spec))
    ((given, result),) = seen
    torch.testing.assert_close(given, result, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "layers",
    [
        "[{conv: 1, kernel: 1, name: a}, {softmax: 0}, {multiply: [p, input]}]",
        "[flatten, {linear: 1, name: a}, layer_norm]",
        "[{conv: 4, kernel: 1, name: a}, {group_norm: 4, name: n}, global_avg_pool]",
        "[flatten, {linear: 1, name: a, activation: softmax}]",
        "[{conv: 4, kernel: 1, name: a}, {log_softmax: 0}, relu]",
    ],
)
def test_nothing_before_a_dead_end_gets_a_gradient(layers):
    size = "1, 1" if "group_norm" in layers else "6, 6"
    layers = layers.replace("{softmax: 0}", "{softmax: 0, name: p}")
    spec = api.loads(f"{HEAD}input: [8, {size}]\nlayers: {layers}\n")
    (finding,) = lints()["dead-branch"].check(Network(api.analyze(spec)))
    module = api.compile(spec).train()
    (given,) = inputs_of(spec)
    result = module(given)
    (result * torch.randn_like(result)).sum().backward()
    weight = module.get_submodule("a").weight
    torch.testing.assert_close(weight.grad, torch.zeros_like(weight), rtol=0, atol=1e-3)
    assert finding.found


@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ("[{max_pool: 2}]", 15),
        ("[{conv: 4, kernel: 3, stride: 2}]", 16),
        ("[{avg_pool: 4}]", 19),
        ("[{max_pool: 3, stride: 2, padding: 1}]", 13),
        ("[{pad: [[0, 1], [0, 1]]}, {avg_pool: 4}]", 18),
    ],
)
def test_the_border_has_no_gradient(layers, size):
    spec = api.loads(f"{HEAD}input: [2, {size}, {size}]\nlayers: {layers}\n")
    found = list(lints()["dropped-border"].check(Network(api.analyze(spec))))
    module = api.compile(spec)
    (given,) = inputs_of(spec)
    given.requires_grad_()
    result = module(given)
    result.abs().sum().backward()
    last = given.grad[:, :, -1].abs().sum()
    assert bool(found) == bool(last == 0)


@pytest.mark.parametrize(
    "layers",
    [
        "[{conv: 4, kernel: 3, name: a}, {layer_norm, axis: 1}]",
        "[{conv: 4, kernel: 3, name: a}, {group_norm: 4}]",
        "[{conv_transpose: 4, kernel: 3, name: a}, layer_norm]",
        "[{subsample: 2, name: a}, batch_norm]",
        "[{linear: 4, name: a}, channel_layer_norm]",
    ],
)
def test_a_bias_that_any_normalisation_takes_away(layers):
    spec = api.loads(f"{HEAD}input: [8, 6, 6]\nlayers: {layers}\n")
    assert len(list(lints()["bias-before-norm"].check(Network(api.analyze(spec))))) == 1
    module, inputs = api.compile(spec).train(), inputs_of(spec)
    before = outputs(module, inputs)
    with torch.no_grad():
        module.a.bias += torch.randn_like(module.a.bias)
    torch.testing.assert_close(outputs(module, inputs), before, rtol=1e-3, atol=1e-3)


def test_what_flows_lies_between_its_bounds():
    told = 0
    for seed in SEEDS:
        try:
            spec = api.loads(random_spec(Random(seed)))
            network = Network(api.analyze(spec))
        except NetspecError:
            continue
        if any(each.dtype != "float32" for each in spec.graph.inputs.values()):
            continue
        torch.manual_seed(seed)
        module, seen = api.compile(spec).train(), []
        calls = {node.path: node for node in reversed(spec.graph.nodes.values())}
        for path, inner in module.named_modules():
            if path in calls:
                inner.register_forward_hook(lambda _, given, result, path=path, seen=seen: seen.append((path, result)))
        outputs(module, inputs_of(spec))
        for path, result in seen:
            node = calls[path]
            low, high = node.layer.bounds(node.input_shapes, network.flowing_in(node))
            told += (low, high) != ANYTHING
            if len(list(network.calls(node))) == 1:
                for each in result if isinstance(result, tuple) else (result,):
                    assert bool(((each >= low - 1e-4) & (each <= high + 1e-4) | each.isnan()).all()), (seed, path)
    assert told > 20
