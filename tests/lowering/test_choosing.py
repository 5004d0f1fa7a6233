"""Layers that are given to a block: one class with a condition for each, or a class for each where one cannot serve."""

from __future__ import annotations

import re

import pytest

from netspec import api
from tests.frontend.writing import spec

BLOCK = """
blocks:
  cna:
    params: {norm: layer = batch_norm, act: "layer? = relu"}
    BODY:
      - {conv: 4, kernel: 1}
      - NORM
      - ACT
"""
CALLS = """
- {cna: {batch_norm, eps: 1e-3}, name: a}
- {cna: {group_norm: 2}, act: {leaky_relu: 0.3}, name: b}
- {cna: {batch_norm, eps: 1e-4}, act: null, name: c}
- {cna: batch_norm, act: {elu: 0.5}, name: d}
"""


def head(body: str, norm: str, act: str) -> str:
    return BLOCK.replace("BODY", body).replace("NORM", norm).replace("ACT", act)


def classes(text: str) -> list[str]:
    return re.findall(r"^class (\w+)", text, re.MULTILINE)


@pytest.mark.parametrize("body", ["layers", "sequence"])
def test_one_class_serves_all_layers_that_are_given(body: str) -> None:
    text = api.generate(api.loads(spec(CALLS, head(body, "$norm", "$act"))))
    assert classes(text) == ["Cna", "Net"]
    for name in ("batch_norm", "group_norm"):
        assert f'if norm == "{name}":' in text
    for name in ("relu", "leaky_relu", "elu"):
        assert f'if act == "{name}":' in text


def test_one_name_for_layers_of_several_kinds_takes_a_class_for_each() -> None:
    text = api.generate(api.loads(spec(CALLS, head("layers", "{$norm: , name: n}", "$act"))))
    assert classes(text) == ["Cna", "Cna2", "Net"]


def test_a_layer_that_is_always_the_same_needs_no_condition() -> None:
    text = api.generate(api.loads(spec("- {cna: {batch_norm, eps: 1e-3}, repeat: 2}", head("layers", "$norm", "$act"))))
    assert "if " not in text
    assert "norm" not in re.findall(r"def __init__\(self, (.*)\)", text)[0]


def test_a_layer_is_chosen_in_each_round() -> None:
    layers = """
    - repeat: [[4, relu], [6, {leaky_relu: 0.3}], [8, null]]
      as: [out, act]
      layers: [{conv: $out, kernel: 1}, $act]
    """
    text = api.generate(api.loads(spec(layers)))  # which proves it against the graph
    assert "LeakyReLU" in text


@pytest.mark.parametrize("body", ["layers", "sequence"])
def test_the_module_computes_what_the_entries_written_out_do(body: str) -> None:
    torch = pytest.importorskip("torch")
    one = api.compile(api.loads(spec(CALLS, head(body, "$norm", "$act"))))
    written = """
    - {name: a, BODY: [{conv: 4, kernel: 1}, {batch_norm, eps: 1e-3}, relu]}
    - {name: b, BODY: [{conv: 4, kernel: 1}, {group_norm: 2}, {leaky_relu: 0.3}]}
    - {name: c, BODY: [{conv: 4, kernel: 1}, {batch_norm, eps: 1e-4}]}
    - {name: d, BODY: [{conv: 4, kernel: 1}, batch_norm, {elu: 0.5}]}
    """
    other = api.compile(api.loads(spec(written.replace("BODY", body))))
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(one(x), other(x))
    assert torch.equal(one.eval()(x), other.eval()(x))
