"""Shapes of a block's and of the network's inputs, read by their names."""

from __future__ import annotations

import pytest

from tests.frontend.writing import diagnostics, graph, only, spec

TWO = "{words: [5, 8], memory: [7, 6]}"
BLOCK = """
blocks:
  meet:
    params: {times: 1}
    inputs: [query, memory]
    let: {wide: $(memory.features + input.features)}
    layers:
      - {linear: $(wide * times), from: query, activation: relu}
      - {linear: $memory.features, name: asked}
      - name: tail
        layers: [{linear: $memory.features, when: "$(memory.shape[0] > query.shape[0])"}]
      - {attention: 1, from: [asked, memory], name: seen}
      - {add: [tail, seen]}
"""


def test_every_input_of_a_block_is_read_by_its_name() -> None:
    head = f"inputs: {TWO}\n{BLOCK}"
    found = graph("- {meet: , from: [words, memory], name: m}", head, "")
    assert [node.output_shapes[0] for node in found.nodes.values()] == [(5, 14), *[(5, 6)] * 4]
    found = graph("- {meet: 2, from: [memory, words], name: m}", head, "")
    assert [node.output_shapes[0] for node in found.nodes.values()] == [(7, 28), *[(7, 8)] * 3]


def test_and_those_of_the_network() -> None:
    one = "- {linear: '$(memory.shape[1] + words.features)', from: words, name: one}"
    layers = f"{one}\n- {{mean: 0, from: memory, name: two}}"
    head = f"inputs: {TWO}\noutputs: {{a: one, b: two}}"
    assert graph(layers, head, "").outputs["a"].shape == (5, 14)


def test_a_param_of_that_name_goes_first() -> None:
    head = f"""
    inputs: {TWO}
    outputs: {{a: p, b: q}}
    blocks:
      meet:
        params: {{memory: 3}}
        inputs: [query, memory]
        outputs: [one, two]
        layers: [{{linear: %s, from: query, name: one}}, {{tanh: , from: memory, name: two}}]
    """
    layers = "- {meet: , from: [words, memory], to: [p, q]}"
    assert graph(layers, head % "$memory", "").outputs["a"].shape == (5, 3)
    found = only(spec(layers, head % "$memory.features", ""))
    assert (found.code.name, "`3` is a number, and has no shape" in found.message) == ("EXPRESSION_FAILED", True)


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("$memry.features", "EXPRESSION_FORBIDDEN", "did you mean `memory`?"),
        ("$wide.features", "EXPRESSION_FORBIDDEN", "`query`, `memory` its inputs by name"),
        ("$memory", "EXPRESSION_FAILED", "a shape is no value"),
        ("m$(memory)", "EXPRESSION_FAILED", "a shape is no value"),
        ("$(memory.shape[9])", "EXPRESSION_FAILED", ""),
    ],
)
def test_what_has_no_shape_is_told(value: str, code: str, said: str) -> None:
    block = f"blocks: {{meet: {{inputs: [query, memory], layers: [{{linear: '{value}', from: query}}]}}}}"
    found = only(spec("- {meet: , from: [words, memory]}", f"inputs: {TWO}\n{block}", ""))
    assert (found.code.name, found.span and found.span.line) == (code, 4)
    assert said in f"{found.message} {found.help}"


def test_a_name_of_another_block_s_input_has_no_shape() -> None:
    blocks = "blocks: {meet: {inputs: [query, memory], layers: [{linear: 3, from: query}, {linear: $words.features}]}}"
    found = only(spec("- {meet: , from: [words, memory]}", f"inputs: {TWO}\n{blocks}", ""))
    assert (found.code.name, found.message) == ("EXPRESSION_FORBIDDEN", "`words` has no shape")


def test_what_an_error_upstream_hides_is_not_reported() -> None:
    layers = "- {conv: 3, kernel: 99, from: words, name: c}\n- {meet: , from: [words, c]}"
    assert [each.code.name for each in diagnostics(spec(layers, f"inputs: {TWO}\n{BLOCK}", ""))] == ["KERNEL_TOO_LARGE"]


def test_a_dynamic_size_makes_no_weight() -> None:
    inputs = "{words: [5, 8], memory: {shape: [7, 6], dynamic: [0]}}"
    layers = "- {linear: '$(memory.shape[0] + 1)', from: words, name: a}\n- {mean: 0, from: memory, name: b}\n"
    found = diagnostics(spec(layers, f"inputs: {inputs}\noutputs: {{a: a, b: b}}", ""))
    assert found[0].code.name == "DYNAMIC_WEIGHT"
