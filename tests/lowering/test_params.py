"""Params as keyword arguments: a built network called with other values is the spec with these set."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.lowering import held_tensors, verify
from netspec.resolve import Refused, resolve
from tests.alike import with_detectors
from tests.random_specs.generate import random_spec
from tests.random_specs.varied import varied_spec

EXAMPLES = int(os.environ.get("NETSPEC_EXAMPLES", "60"))


def others(value: Any) -> list[Any]:
    """Values like the one that a param has."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [max(value - 1, 1), value + 1, value + 2, 2 * value, 0]
    if isinstance(value, float):
        return [value / 2, 2 * value, 0.0, 0.5]
    if isinstance(value, str):
        return [other for other in ("relu", "tanh", "nearest", "bilinear", "same", "valid") if other != value]
    if isinstance(value, (list, tuple)) and value and all(type(each) is int for each in value):
        return [tuple(each + 1 for each in value), (1,) * len(value), tuple(reversed(value)), (0, *value[1:]), ()]
    return []


def check(spec: api.Spec) -> int:
    """Holds the program with other params against the graph with the same; gives how often that could be done."""
    program = api.lower(spec)
    # What local variables hold on to is the same whichever params are arguments.
    assert held_tensors(spec.document, spec.graph) == resolve(program).held
    values = spec.graph.root.source.arguments
    done = 0
    for formal in program.main.formals:
        for value in others(values[formal.name]):
            try:
                graph = api.with_settings(spec, {formal.name: value}).graph
            except NetspecError:
                continue
            try:
                verify(program, graph, {formal.name: value})
            except Refused:
                continue  # which the class says when it is called
            done += 1
    return done


@pytest.mark.parametrize("name", with_detectors())
def test_of_the_zoo(name: str) -> None:
    spec = api.load(name)
    assert check(spec) or not api.lower(spec).main.formals


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_of_random_specs(rng: Random) -> None:
    try:
        spec = api.loads(random_spec(rng))
        spec.graph  # noqa: B018 -- elaborates
    except NetspecError:
        assume(False)
    check(spec)


def test_of_specs_whose_tensors_change_their_axes() -> None:
    for seed in range(EXAMPLES):
        check(api.loads(varied_spec(Random(seed))))


CHANCE = """
netspec: 1
name: chance
params: {width: 4}
input: [4, 8, 8]
layers:
  - sequence: [{repeat: 2, layers: [{conv: $width, kernel: 1}, relu]}]
"""


def test_a_param_that_fits_by_chance_is_no_argument() -> None:
    """Both rounds take 4 channels, the first from the input: with another width the second would not."""
    spec = api.loads(CHANCE)
    assert check(spec) == 0
    assert api.lower(spec).main.formals == ()
    assert "fixed: width = 4\n" in api.generate(spec)
    wider = api.loads(CHANCE, {"width": 5})
    assert [formal.name for formal in api.lower(wider).main.formals] == ["width"]
    assert "fixed" not in api.generate(wider)


DECIDED = {
    "a condition on it": ("width", "8", "{conv: 4, kernel: 1}, {batch_norm: , when: $(width > 100)}"),
    "a condition on a shape": ("width", "8", "{conv: $width, kernel: 1}, {batch_norm: , when: $(x.channels > 9)}"),
    "a condition on a variable": ("width", "8", "{layers: [{relu: , when: $(w > 9)}], let: {w: $(2 * width)}}, tanh"),
    "a condition on a text": ("mode", "nearest", "{upsample: 2, mode: $mode}, {relu: , when: $(mode == 'bilinear')}"),
    "a condition on a zero": ("drop", "0.0", "{dropout: $drop}, {batch_norm: , when: $(drop > 0)}"),
    "a condition in a block": ("width", "8", "{unit: $width}, {unit: 9}"),
    "a skip": ("use", "true", "{residual: [{conv: 4, kernel: 1}], skip: $use}"),
    "a name": ("n", "2", "{conv: 4, kernel: 1, name: conv$n}"),
    "a name that counts what is left out": ("n", "2", "{relu: , repeat: $n, when: false}, relu"),
    "rounds that are written out": ("n", "[1, 2]", "{repeat: $n, as: c, layers: [{conv: $c, kernel: 1, name: c$c}]}"),
    "no rounds": ("n", "0", "{conv: 4, kernel: 1, repeat: $n}, relu"),
    "branches": ("n", "2", "{parallel: [{conv: 4, kernel: 1, repeat: $n}]}"),
    "an operation": ("act", "relu", "{conv: 4, kernel: 1}, $act"),
    "an activation": ("act", "relu", "{conv: 4, kernel: 1, activation: $act}"),
    "what is frozen": ("use", "true", "{conv: 4, kernel: 1, freeze: $use}"),
    "first values": ("scale", "0.5", "{conv: 4, kernel: 1, init: {weight: {normal: [0, $scale]}}}"),
    "where branches meet": ("axis", "0", "{parallel: [relu, tanh], axis: $axis}"),
    "a reference": ("which", "a", "{relu, name: a}, {tanh, name: b}, {add: [$which, b]}"),
    "an option whose kinds a rule tells apart": (
        "pad",
        "same",
        "{conv: 4, kernel: 3, padding: $pad}, flatten, {linear: 2}",
    ),
}
UNIT = "{unit: {params: {k: int}, layers: [{batch_norm: , when: $(k > 4)}, relu]}}"


def net(param: str, value: str, layers: str) -> api.Spec:
    head = f"netspec: 1\nname: net\nparams: {{{param}: {value}}}\nblocks: {UNIT}\ninput: [4, 8, 8]\n"
    return api.loads(f"{head}layers: [{layers}]\n")


@pytest.mark.parametrize("name", DECIDED)
def test_what_the_spec_acted_on_is_no_argument(name: str) -> None:
    assert api.lower(net(*DECIDED[name])).main.formals == ()


def test_an_input_s_size_is_no_argument() -> None:
    spec = api.loads("netspec: 1\nname: net\nparams: {c: 3}\ninput: [$c, 8]\nlayers: [{conv: 4, kernel: 1}]\n")
    assert api.lower(spec).main.formals == ()


LIFTED: dict[str, tuple[str, str, str, Any]] = {
    "a condition that instances differ in": ("width", "8", "{unit: $width}, {unit: 1}", 2),
    "rounds that are a loop": ("n", "3", "{conv: 4, kernel: 1, repeat: $n, name: body}", 5),
    "names that count rounds": ("n", "3", "{repeat: $n, layers: [{conv: 4, kernel: 1, name: conv$(i + 1)}]}", 5),
    "no rounds, where nothing depends on one": ("n", "3", "{conv: 4, kernel: 1, repeat: $n, name: body}, relu", 0),
    "an option": ("mode", "nearest", "{upsample: 2, mode: $mode}", "bilinear"),
}


@pytest.mark.parametrize("name", LIFTED)
def test_what_became_an_if_or_a_loop_is_an_argument(name: str) -> None:
    param, value, layers, other = LIFTED[name]
    spec = net(param, value, layers)
    program = api.lower(spec)
    assert [formal.name for formal in program.main.formals] == [param]
    verify(program, api.with_settings(spec, {param: other}).graph, {param: other})


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("resnet50", {"depths": (0, 1, 1, 1)}, "each of `depths` must be at least 1"),
        ("vgg11", {"depths": (0, 1, 1, 1, 1)}, "each of `depths` must be at least 1"),
        ("vit_b_16", {"depth": 0}, "`depth` must be at least 1"),
    ],
)
def test_a_class_refuses_no_rounds_where_what_follows_takes_what_one_gives(
    name: str, arguments: dict[str, Any], told: str
) -> None:
    network = type(api.compile(name, device="meta"))
    with pytest.raises(ValueError, match=told), torch.device("meta"):
        network(**arguments)
    fewer = {key: (1,) * len(value) if isinstance(value, tuple) else 1 for key, value in arguments.items()}
    with torch.device("meta"):
        made = network(**fewer).state_dict()
    assert list(made) == list(api.with_settings(api.load(name), fewer).graph.state_dict)
