"""The zoo's sources: reproducible, clean, free of netspec, and the live modules in text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec import api
from netspec.backends.live import build
from netspec.contract.calls import results
from netspec.program import Function, Parameter
from netspec.program.naming import class_name
from tests.alike import DETECTORS, LENGTHS, networks, with_detectors
from tests.backends.checks import canonical, clean, imported
from tests.backends.networks import Standalone, inputs_of, meta, own_source, random_state, same, source, zoo
from tests.reduced import reduced

NETWORKS = api.zoo()
RUN = networks()

SECOND_BUILD = """
import sys
from netspec import api
for name in sys.argv[1:]:
    sys.stdout.write(api.generate(api.load(name)))
"""


def test_a_second_build_is_byte_identical() -> None:
    """In another process, whose sets are in another order than this one's."""
    names = with_detectors()
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(api.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", SECOND_BUILD, *names], capture_output=True, text=True, env=environment)
    assert done.stdout == "".join(source(name) for name in names), done.stderr


def test_ruff_and_strict_mypy_find_nothing(tmp_path: Path) -> None:
    clean({name: source(name) for name in NETWORKS}, tmp_path)


@pytest.mark.parametrize("name", with_detectors())
def test_layout_is_what_ruff_makes_of_it(name: str) -> None:
    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    undocumented = canonical(own_source(name))
    assert code(canonical(undocumented)) == code(undocumented)
    kept = {re.split(r"  # (?:\[N|type: )", line)[0] for line in code(own_source(name))}
    assert [line for line in code(undocumented) if line not in kept and len(line) <= 88] == []


@pytest.mark.parametrize("name", with_detectors())
def test_torch_is_the_only_import(name: str) -> None:
    assert imported(source(name)) == {"torch", *(["torchvision"] if name in DETECTORS else [])}


@pytest.mark.parametrize("name", with_detectors())
def test_state_dict_is_the_graphs(name: str) -> None:
    state = meta(name).state_dict()
    weights = zoo(name).graph.state_dict
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == {k: w.shape for k, w in weights.items()}
    assert list(state) == list(weights)


@pytest.mark.parametrize("training", [True, False], ids=["training", "eval"])
@pytest.mark.parametrize("name", RUN)
def test_shapes_are_those_that_flow(name: str, training: bool) -> None:
    spec = zoo(name)
    graph = spec.graph
    device = "cpu" if name in LENGTHS else "meta"
    network = build(source(name), class_name(name), device).train(training)
    calls: list[tuple[str, list[tuple[int, ...]], list[tuple[int, ...]]]] = []
    modules = dict(network.named_modules())
    for node in {node.path: node for node in graph.nodes.values()}.values():  # a module that is used again has one hook
        call = node.layer.emit(node.input_shapes)
        if isinstance(call, (Function, Parameter)):
            continue

        def hook(_: Any, inputs: Any, output: Any, path: str = node.path) -> None:
            calls.append((path, [tuple(t.shape) for t in inputs], [tuple(t.shape) for t in results(output)]))

        modules[node.path].register_forward_hook(hook)
    output = network(*inputs_of(spec, 2, device))
    running = [node for node in graph.nodes.values() if training or not node.training_only]
    hooked = [n for n in running if not isinstance(n.layer.emit(n.input_shapes), (Function, Parameter))]
    assert [path for path, _, _ in calls] == [node.path for node in hooked]
    for node, (_, given, made) in zip(hooked, calls, strict=True):
        assert given == [(2, *shape) for shape in node.input_shapes]
        assert made == [(2, *shape) for shape in node.output_shapes]
    outputs = {**graph.outputs, **(graph.side_outputs if training else {})}
    returned = output if isinstance(output, dict) else {next(iter(outputs)): output}
    assert {key: tuple(tensor.shape) for key, tensor in returned.items()} == {
        key: (2, *value.shape) for key, value in outputs.items()
    }


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    running = Standalone(tmp_path_factory.mktemp("empty"))
    yield running
    running.close()


@pytest.mark.parametrize("name", networks())
def test_the_built_file_computes_the_same_without_netspec(name: str, standalone: Standalone) -> None:
    text = api.generate(reduced(name))
    network = build(text, class_name(name), "cpu")  # constants that are not saved have their values
    weights = random_state(network)
    network.load_state_dict(weights, assign=True)
    inputs = inputs_of(reduced(name), 2)
    with torch.no_grad():
        wanted = network.eval()(*inputs)
    for each in wanted.values() if isinstance(wanted, dict) else (wanted,):
        assert torch.isfinite(each).all()
        assert each.std(dim=0).max() > 0, "the output tells nothing of the input"
    assert same(standalone.run(text, class_name(name), weights, inputs), wanted)
