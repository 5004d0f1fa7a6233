"""The lines of generated source that make and call each layer."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from netspec import api
from netspec.backends.text_places import text_places
from netspec.graph import Graph, Node
from netspec.lowering import lower
from netspec.program import Constant, Function
from netspec.program.naming import source_name
from tests.alike import with_detectors
from tests.backends.networks import source, zoo
from tests.random_specs.drawn import valid_specs
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec


def check(graph: Graph, spec: api.Spec, source: str) -> int:
    """Check the places of all layers; the number of modules that have no line."""
    program = lower(spec.document, graph)
    lines = source.splitlines()
    untold = 0
    for key, place in text_places(source, program, graph).items():
        node = graph.nodes[key]
        assert place.head is not None
        assert lines[place.head - 1].startswith("class ")
        if place.made is not None:
            made = " ".join(lines[place.made[0] - 1 : place.made[1]])
            assert any(f"{name}(" in made for name in _names(node)), (key, made)
        elif not isinstance(node.call, Function):
            untold += 1
        if place.called is not None and isinstance(node.call, Function) and node.call.target[0].isalnum():
            assert source_name(node.call.target) in lines[place.called - 1], key
    return untold


def _names(node: Node) -> tuple[str, ...]:
    name = source_name(node.call.target)
    if isinstance(node.call, Constant):
        return ("nn.Buffer", ".register_buffer")
    return (name, "nn.Parameter") if not name.startswith("nn.") else (name,)


@pytest.mark.parametrize("name", with_detectors())
def test_every_layer_of_the_zoo_has_its_line(name: str) -> None:
    spec = zoo(name)
    assert check(spec.graph, spec, source(name)) == 0


@pytest.mark.parametrize("make", [random_spec, varied_spec])
def test_lines_of_random_networks(make) -> None:
    calls = untold = 0
    for spec in valid_specs(make, 60):
        untold += check(spec.graph, spec, api.generate(spec))
        calls += len(spec.graph.nodes)
    assert untold <= calls / 100


def test_lines_of_constants_beside_modules_and_learned_tensors() -> None:
    for seed in range(60):
        rng = Random(seed)
        blocks = {f"block{number}": {"layers": [*tensors(rng), "relu"]} for number in range(2)}
        layers = [*tensors(rng), *rng.choices(list(blocks), k=2)]
        spec = api.loads(
            json.dumps({"netspec": 1, "name": "net", "input": [4], "blocks": blocks, "layers": layers}),
        )
        assert check(spec.graph, spec, api.generate(spec)) == 0


def tensors(rng: Random) -> list[dict[str, Any]]:
    """Layers of 4 features: linear ones, constants, saved or not, and learned scales, under plain and dotted names."""
    layers: list[dict[str, Any]] = []
    for at in range(rng.randint(1, 5)):
        name, flow = rng.choice(("", "part.", "other.part.")) + f"t{at}", f"x{at}"
        match rng.choice(("linear", "constant", "scale")):
            case "linear":
                layers.append({"linear": 4, "name": name})
            case "scale":
                layers.append({"layer_scale": rng.random(), "axis": -1, "name": name})
            case _:
                value = rng.choice(({"constant": "arange", "shape": [4]}, {"constant": [1.5, 2, 3, 4]}))
                layers += [
                    {"identity": None, "to": [flow]},
                    {**value, "buffer": rng.random() < 0.5, "name": name, "to": [f"c{at}"]},
                    {"multiply": [flow, f"c{at}"]},
                ]
    return layers


def test_a_block_is_made_where_its_class_is_and_called_where_its_caller_is() -> None:
    spec = api.load("resnet50")
    graph = api.elaborate(spec)
    source = api.generate(spec)
    lines = source.splitlines()
    places = text_places(source, lower(spec.document, graph), graph)
    for key in ("layer1.0.conv2", "layer4.2.conv2"):
        place = places[key]
        assert lines[place.head - 1] == "class Bottleneck(nn.Module):"
        assert lines[place.made[0] - 1].strip() == "self.conv2 = nn.Conv2d("
        assert lines[place.called - 1].strip() == "x = self.conv2(x)"
    assert places["layer1.0.add1"].made is None
    assert lines[places["layer1.0.add1"].called - 1].strip() == "x = shortcut + x"
