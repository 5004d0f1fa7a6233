"""Params as keyword arguments: a built network called with other values is the spec with these set."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.lowering import held_tensors, verify
from netspec.resolve import resolve
from tests.random_specs.generate import random_spec


def others(value: Any) -> list[Any]:
    """Values like the one that a param has."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [max(value - 1, 1), value + 1, value + 2, 2 * value]
    if isinstance(value, float):
        return [value / 2, 2 * value]
    if isinstance(value, (list, tuple)) and value and all(type(each) is int for each in value):
        return [tuple(each + 1 for each in value), (1,) * len(value), tuple(reversed(value))]
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
            verify(program, graph, {formal.name: value})
            done += 1
    return done


@pytest.mark.parametrize("name", api.zoo())
def test_of_the_zoo(name: str) -> None:
    spec = api.load(name)
    assert check(spec) or not api.lower(spec).main.formals


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_of_random_specs(rng: Random) -> None:
    try:
        spec = api.loads(random_spec(rng))
        spec.graph  # noqa: B018 -- elaborates
    except NetspecError:
        assume(False)
    check(spec)


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
