"""A network for another size is what an elaboration for that size makes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from netspec import api
from netspec.analysis.size_search import groups
from netspec.diagnostics import NetspecError
from netspec.driver.elaboration import attempt
from netspec.driver.spec import Spec
from netspec.graph import Graph, Input, Node
from netspec.resizing import Sized, Trials
from netspec.shape import Shape
from tests.alike import with_detectors
from tests.random_specs.generate import random_spec
from tests.resizing.generate import sized_spec

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "60"))


def elaborated(spec: Spec, shapes: Mapping[str, Shape]) -> Graph | None:
    try:
        return attempt(spec.document, shapes)
    except NetspecError:
        return None


def elaborated_error(spec: Spec) -> str:
    try:
        attempt(spec.document)
    except NetspecError as error:
        return str(error)
    return ""


def without_sizes(node: Node) -> Node:
    """All of a node that a resized network takes from the one that was recorded."""
    values = [tuple(replace(value, shape=()) for value in flow) for flow in (node.inputs, node.outputs)]
    return replace(node, inputs=values[0], outputs=values[1], weights={}, layer=None, call=None)


def check(sized: Sized | None, graph: Graph | None) -> bool:
    """Compare a resized network with the elaborated one; whether there is one."""
    assert (sized is None) == (graph is None)
    if sized is None or graph is None:
        return False
    assert list(sized.graph.nodes) == list(graph.nodes)
    assert sized.graph.order == graph.order
    assert list(map(without_sizes, sized.graph.nodes.values())) == list(map(without_sizes, graph.nodes.values()))
    for key, now in sized.calls:
        node = graph.nodes[key]
        assert (type(now.layer), now.layer, repr(now.layer)) == (type(node.layer), node.layer, repr(node.layer)), key
        assert (now.inputs, now.outputs) == (node.input_shapes, node.output_shapes), key
        assert list(now.weights.items()) == list(node.weights.items()), key
    assert list(sized.state_dict.items()) == list(graph.state_dict.items())
    assert {n: (v.key, v.index) for n, v in sized.graph.outputs.items()} == {
        n: (v.key, v.index) for n, v in graph.outputs.items()
    }
    return True


def shapes_to_try(inputs: Mapping[str, Shape], sizes: range | list[int]) -> list[dict[str, Shape]]:
    """Each size for each group of axes, the others as they are."""
    varied = groups(Input(name, shape) for name, shape in inputs.items())
    return [group.resized(inputs, size) for group in varied for size in sizes]


def test_random_specs_of_many_sizes() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(EXAMPLES // 3):
        rng = Random(seed)
        for text in (sized_spec(rng), random_spec(rng)):
            spec = api.loads(text)
            trials = Trials(spec.document)
            inputs = {
                name: tuple(each.shape) for name, each in spec.document.inputs.items() if "$" not in str(each.shape)
            }
            tried = shapes_to_try(inputs, [*range(1, 27), 40])
            for shapes in rng.sample(tried, 12):
                before = [*trials.recordings]
                worked = check(trials(shapes), elaborated(spec, shapes))
                new = any(each not in before for each in trials.recordings)
                kinds[f"{'works' if worked else 'fails'}, {'new' if new else 'repeated'}"] += 1
    # Both answers come up often, and most from what was recorded.
    assert min(kinds["works, repeated"], kinds["fails, repeated"]) > EXAMPLES, kinds


SPECIAL = {
    "a module called again, with other weights but for one size": "[{linear: 4, name: a}, {reuse: a}]",
    "tied weights of one shape for one size": "[{linear: 4, name: a}, {linear: 4, name: b, tie: {weight: a.weight}}]",
    "an option by way of a variable": "[{conv: $n, kernel: 1, let: {n: $(x.height + 1)}}, {linear: $x.channels}]",
    "a list of sizes": "[{layers: [{max_pool: 2, stride: 2}, {upsample: $size}], let: {size: '$(x.shape[1:])'}}]",
    "a variable named anew": (
        "[{layers: [{conv: $n, kernel: 1, let: {n: $(n + x.height)}}, {linear: $n}], let: {n: 1}}]"
    ),
    "a boolean option": "[{conv: 2, kernel: 1, bias: $(x.height > 4)}]",
    "a condition by way of a variable": "[{layers: [{conv: 2, kernel: 1, when: $(n > 4)}, relu], let: {n: $x.width}}]",
    "names after rounds that are absent": (
        "[{layers: [{relu: , repeat: $n, when: false}, relu], let: {n: $(x.height // 3)}}, {conv: 2, kernel: 1}]"
    ),
    "a view as a whole": "[padded, relu]",
    "how many parts there are": "[{split: 3, axis: 1, to: [a, b]}, {concat: [a, b], axis: 1}]",
    "an activation that refuses": "[{permute: [1, 0, 2]}, {linear: 3, activation: {softmax: 2}}]",
    "results that do not fit": "[{residual: [{conv: 1, kernel: 3, stride: 2, padding: 1}, {upsample: 2}]}]",
}


@pytest.mark.parametrize("what", SPECIAL)
@pytest.mark.parametrize("dynamic", ["[]", "[1]", "[1, 2]"])
def test_special_specs_of_many_sizes(what: str, dynamic: str) -> None:
    padded = "{conv: 1, kernel: 3, padding: $(x.height // 6)}"
    block = f"{{padded: {{layers: [{padded}, {{conv: 2, kernel: 1, when: $(x == input)}}]}}}}"
    given = f"{{shape: [1, 4, 4], dynamic: {dynamic}}}"
    text = f"{{netspec: 1, name: n, input: {given}, blocks: {block}, layers: {SPECIAL[what]}}}"
    spec = api.loads(text)
    worked = 0
    for first in (4, 6, 7):  # whichever is recorded first
        trials = Trials(spec.document)
        for size in (first, *range(1, 14)):
            shapes = {"input": (1, size, size)}
            worked += check(trials(shapes), elaborated(spec, shapes))
    assert worked or dynamic != "[]", elaborated_error(spec)


@pytest.mark.parametrize("name", with_detectors())
def test_the_zoo_of_many_sizes(name: str) -> None:
    spec = api.load(name)
    trials = Trials(spec.document)
    inputs = {key: each.shape for key, each in spec.graph.inputs.items()}
    own = next(iter(inputs.values()))[-1]
    few = len(spec.graph.nodes) > 120
    sizes = [1, 7, 32, 33, own, own + 1, 2 * own] if few else [*range(1, 20, 3), 32, 33, own, own + 1, 188, 300]
    for shapes in shapes_to_try(inputs, sizes):
        check(trials(shapes), elaborated(spec, shapes))
