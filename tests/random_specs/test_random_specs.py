"""Random specs: graph, program, source and live module agree in everything."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from netspec import api
from netspec.backends.live import build
from netspec.contract.calls import results
from netspec.diagnostics import NetspecError
from netspec.graph import Graph
from netspec.lowering import verify
from netspec.program.naming import class_name
from tests.backends.checks import CACHE
from tests.interpreter import Interpreter, random_weights
from tests.random_specs.generate import random_spec

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "70"))
STANDALONE = EXAMPLES // 2

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much)


def valid_spec(rng: Random) -> tuple[str, api.Spec]:
    """A random spec that is valid; what netspec refuses is another test's business."""
    text = random_spec(rng)
    try:
        spec = api.loads(text)
        spec.graph  # noqa: B018 -- elaborates
    except NetspecError:
        assume(False)
    return text, spec


def inputs_of(graph: Graph, batch: int, device: str = "cpu") -> dict[str, Tensor]:
    generator = None if device == "meta" else torch.Generator().manual_seed(7)
    return {
        name: torch.empty(batch, *each.shape, device=device)
        if device == "meta"
        else torch.randn(batch, *each.shape, generator=generator)
        for name, each in graph.inputs.items()
    }


def named(graph: Graph, outputs: Any) -> dict[str, Tensor]:
    return (
        outputs
        if isinstance(outputs, dict)
        else {"output" if "output" in graph.outputs else next(iter(graph.outputs)): outputs}
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=False))
def test_graph_program_and_module_agree(rng: Random) -> None:
    text, spec = valid_spec(rng)
    graph = spec.graph
    verify(api.lower(spec), graph)
    source = api.generate(spec)
    assert source == api.generate(api.loads(text)), "a second build differs"
    network = build(source, class_name(spec.name), "meta")
    state = network.state_dict()
    assert list(state) == list(graph.state_dict)
    assert [tuple(t.shape) for t in state.values()] == [w.shape for w in graph.state_dict.values()]
    learned = {name for name, _ in network.named_parameters(remove_duplicate=False)}
    assert learned == {key for key, weight in graph.state_dict.items() if not weight.buffer}
    frozen = {node.path for node in graph.nodes.values() if node.frozen}
    for name, parameter in network.named_parameters():
        path = name if name in frozen else name.rpartition(".")[0]
        assert parameter.requires_grad == (path not in frozen), name
    check_hooked_shapes(network, graph)


def check_hooked_shapes(network: nn.Module, graph: Graph) -> None:
    """Every module's output has the shape that was inferred; calls come in the graph's order."""
    seen: list[tuple[str, tuple[tuple[int, ...], ...]]] = []

    def hook(path: str) -> Any:
        return lambda _m, _i, out: seen.append((path, tuple(tuple(t.shape[1:]) for t in results(out))))

    modules = {node.path for node in graph.nodes.values()}
    for path, module in network.named_modules():
        if path in modules:
            module.register_forward_hook(hook(path))
    network.train()
    outputs = named(graph, network(*inputs_of(graph, 2, "meta").values()))
    wanted = []
    paths = {path for path, _ in network.named_modules()}
    for scans, nodes in groupby(graph.nodes.values(), lambda node: node.scans):
        step = [node for node in nodes if node.path in paths]
        called = [(node.path, tuple(node.layer.infer(node.input_shapes))) for node in step]
        wanted += called * (graph.times(step[0].key) if scans and step else 1)
    assert seen == wanted
    expected = {**graph.outputs, **graph.side_outputs}
    assert {n: tuple(t.shape[1:]) for n, t in outputs.items()} == {n: v.shape for n, v in expected.items()}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(st.randoms(use_true_random=False))
def test_outputs_and_gradients_are_the_interpreters(rng: Random) -> None:
    _, spec = valid_spec(rng)
    graph = spec.graph
    assume(sum(weight.numel for weight in graph.state_dict.values()) < 10**8)  # what is larger is built on meta alone
    network = api.compile(spec).eval()
    weights = random_weights(network, 3)
    network.load_state_dict(weights)
    given_ = inputs_of(graph, 2)
    for tensor in given_.values():
        tensor.requires_grad_(True)
    outputs = named(graph, network(*given_.values()))
    gradients = torch.autograd.grad(sum(o.sum() for o in outputs.values()), list(given_.values()), allow_unused=True)
    wanted = Interpreter(graph, weights)(**given_)
    expected = torch.autograd.grad(sum(o.sum() for o in wanted.values()), list(given_.values()), allow_unused=True)
    for name, tensor in wanted.items():
        torch.testing.assert_close(outputs[name], tensor, rtol=0, atol=0, equal_nan=True, msg=name)
    for got, want in zip(gradients, expected, strict=True):
        assert (got is None) == (want is None)
        if got is not None and want is not None:
            torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-6, equal_nan=True)


@pytest.mark.slow
def test_sources_are_clean_and_stand_alone(tmp_path: Path) -> None:
    """Built files pass ruff and strict mypy, and in a process without netspec compute what the live modules do."""
    made = 0
    seed = 0
    while made < STANDALONE:
        seed += 1
        try:
            spec = api.loads(random_spec(Random(seed)))
            graph = spec.graph
        except NetspecError:
            continue
        source = api.generate(spec)
        network = api.compile(spec).eval()
        weights = random_weights(network, seed)
        network.load_state_dict(weights)
        given_ = list(inputs_of(graph, 2).values())
        with torch.no_grad():
            outputs = named(graph, network(*given_))
        (tmp_path / f"net{seed}.py").write_text(source)
        torch.save({"weights": weights, "inputs": given_, "outputs": outputs}, tmp_path / f"net{seed}.pt")
        made += 1
    for command in (
        ["ruff", "check", "--isolated", "."],
        ["ruff", "format", "--check", "--isolated", "."],
        ["mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}", "."],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    (tmp_path / "run.py").write_text(_RUN)
    done = subprocess.run([sys.executable, "-I", "-W", "error", "run.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert done.stdout.split()[-1] == str(STANDALONE)


_RUN = """
import importlib.util, pathlib, sys
sys.modules["netspec"] = None
import torch
count = 0
for file in sorted(pathlib.Path(".").glob("net*.py")):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    saved = torch.load(file.with_suffix(".pt"), weights_only=True)
    network = module.RandomNet().eval()
    network.load_state_dict(saved["weights"])
    with torch.no_grad():
        out = network(*saved["inputs"])
    wanted = saved["outputs"]
    if not isinstance(out, dict):
        out = {next(iter(wanted)): out}
    assert out.keys() == wanted.keys(), file
    assert all(torch.allclose(out[k], wanted[k], rtol=0, atol=0, equal_nan=True) for k in out), file
    count += 1
print(count)
"""
