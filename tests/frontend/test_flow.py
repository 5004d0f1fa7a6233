"""LANGUAGE.md, "Structures" and "Flow"."""

from __future__ import annotations

import pytest

from tests.frontend.writing import code, diagnostics, feeds, graph, only, out, paths, spec

TWO = "inputs: {a: [4, 8, 8], b: [4, 8, 8]}"


def test_a_residual_merges_shortcut_and_body_in_that_order() -> None:
    found = graph("- residual: [{conv: 4, kernel: 1}]\n  shortcut: [{conv: 4, kernel: 1, name: s}]")
    assert feeds(found, "add1") == ["s", "conv1"]


def test_a_shortcut_is_the_identity_where_it_is_empty_or_wholly_absent() -> None:
    for shortcut in ("[]", "", "[{conv: 8, kernel: 1, when: false}, {relu: , when: false}]"):
        assert feeds(graph(f"- residual: [relu]\n  shortcut: {shortcut}"), "add1") == ["input", "relu1"]


def test_without_skip_the_body_stands_alone() -> None:
    found = graph("- residual: [{conv: 9, kernel: 3}]\n  shortcut: [tanh]\n  skip: $(x.channels == 9)")
    assert paths(found) == ["conv1"]


def test_merges_of_a_residual() -> None:
    assert out(graph("- {residual: [relu], merge: concat}")) == (8, 8, 8)
    assert out(graph("- {residual: [global_avg_pool], merge: multiply}")) == (4, 8, 8)
    found = only(spec("- residual: [{conv: 8, kernel: 1}]"))
    assert found.code.name == "UNEQUAL_SHAPES"
    assert [r.note for r in found.related] == ["the input `input` gives [4, 8, 8]", "`conv1` gives [8, 8, 8]"]


def test_merges_of_a_parallel() -> None:
    branches = "[{conv: 4, kernel: 1}, tanh]"
    assert out(graph(f"- parallel: {branches}")) == (8, 8, 8)
    assert out(graph(f"- {{parallel: {branches}, axis: 1}}")) == (4, 16, 8)
    assert out(graph(f"- {{parallel: {branches}, axis: $a}}", "params: {a: -1}")) == (4, 8, 16)
    assert out(graph(f"- {{parallel: {branches}, merge: add}}")) == (4, 8, 8)
    assert code(f"- {{parallel: {branches}, axis: 3}}") == "BAD_AXIS"
    assert code(f"- {{parallel: {branches}, axis: $a}}", "params: {a: wide}") == "WRONG_TYPE"


def test_an_empty_branch_is_the_identity_and_an_absent_one_is_none() -> None:
    assert feeds(graph("- parallel: {a: [relu], b: []}"), "concat1") == ["a", "input"]
    assert feeds(graph("- parallel: {a: [relu], b: [{tanh: , when: false}]}"), "concat1") == ["a", "input"]
    assert feeds(graph("- parallel: [relu, tanh, {sigmoid: , when: false}]"), "concat1") == ["relu1", "tanh1"]


def test_one_branch_needs_no_merge() -> None:
    assert paths(graph("- parallel: [relu, {tanh: , when: false}]")) == ["relu1"]


def test_a_repeat_inside_gives_a_branch_per_round() -> None:
    found = graph("- parallel: [{conv: $c, kernel: 1, repeat: [1, 2, 3], as: c}, relu]")
    assert feeds(found, "concat1") == ["conv1", "conv2", "conv3", "relu1"]
    named = graph("- parallel: [{conv: 2, kernel: 1, repeat: 2, name: heads}]")
    assert feeds(named, "concat1") == ["heads.0", "heads.1"]


def test_merge_none_gives_every_branch() -> None:
    layers = (
        "- {parallel: {a: [relu], b: [tanh]}, merge: none, name: p}\n- {add: [p.a, p.b], name: s}\n- concat: [p, s]"
    )
    found = graph(layers)
    assert feeds(found, "s") == ["p.a", "p.b"]
    assert feeds(found, "concat1") == ["p.a", "p.b", "s"]
    assert code("- {parallel: [relu, tanh], merge: none}\n- sigmoid") == "AMBIGUOUS_FLOW"
    assert code("- {parallel: [relu, tanh], merge: none}") == "AMBIGUOUS_FLOW"


def test_to_names_results() -> None:
    layers = "- {parallel: [relu, tanh], merge: none, to: [q, k]}\n- {add: [k, q]}"
    assert feeds(graph(layers), "add1") == ["tanh1", "relu1"]
    assert code("- {parallel: [relu, tanh], merge: none, to: [q]}\n- {relu: , from: q}") == "BAD_TARGETS"


def test_from() -> None:
    layers = """
    - {relu: , name: a}
    - {tanh: , name: b}
    - {add: [a, b], name: c}
    - {sigmoid: , from: input, name: d}
    - {concat: , from: [c, d, a]}
    """
    found = graph(layers)
    assert feeds(found, "c") == ["a", "b"]
    assert feeds(found, "concat1") == ["c", "d", "a"]


def test_from_reaches_outer_lists_and_named_groups() -> None:
    layers = """
    - {relu: , name: a}
    - name: g
      layers: [{tanh: , name: t}, {layers: [{sigmoid: , name: s}, {add: [a, s]}], name: inner}]
    - {add: [g.t, g, g.inner.s]}
    - {sequence: [relu, {tanh: , name: named}], name: seq}
    - {add: [seq.0, seq.named], name: sum}
    - {layers: [{relu: , name: r}, tanh], repeat: 2, name: rounds}
    - {add: [rounds.0, rounds.1.r], name: add}
    - {add: [rounds, seq, add]}
    """
    found = graph(layers)
    assert feeds(found, "g.inner.add1") == ["a", "g.inner.s"]
    assert feeds(found, "add1") == ["g.t", "g.inner.add1", "g.inner.s"]
    assert feeds(found, "sum") == ["seq.0", "seq.named"]
    assert feeds(found, "add") == ["rounds.0.tanh1", "rounds.1.r"]
    assert feeds(found, "add4") == ["rounds.1.tanh1", "seq.named", "add"]


def test_from_may_be_computed_and_be_a_position() -> None:
    found = graph("- {layers: [relu], repeat: 3, name: r}\n- {add: [r.$(1 + 1), r.0]}")
    assert feeds(found, "add1") == ["r.2.relu1", "r.0.relu1"]
    found = graph("- {relu: , name: 3}\n- {tanh: , from: 3, name: t}\n- add: [3, t]")
    assert feeds(found, "add1") == ["3", "t"]


@pytest.mark.parametrize("layers", [
    "- {relu: , from: nothing}",
    "- relu\n- {tanh: , from: relu1}",  # automatic names cannot be referred to
    "- {relu: , from: later}\n- {tanh: , name: later}",
    "- {layers: [{relu: , name: inner}], name: g}\n- {tanh: , from: inner}",
    "- {relu: , name: a}\n- {tanh: , from: a.b}",
    "- residual: [{relu: , name: inside}]\n- {tanh: , from: inside}",
])  # fmt: skip
def test_what_from_cannot_name(layers: str) -> None:
    assert code(layers) == "UNKNOWN_REFERENCE"


def test_an_automatic_name_is_explained() -> None:
    assert only(spec("- relu\n- {tanh: , from: relu1}")).help == (
        "`relu1` is an automatic name; write `name: relu1` at that entry to take from it"
    )


def test_several_inputs() -> None:
    found = graph("- {concat: [b, a]}", TWO, input="")
    assert feeds(found, "concat1") == ["b", "a"]
    assert code("- relu", TWO, input="") == "AMBIGUOUS_FLOW"
    assert code("- {relu: , from: a}", TWO, input="") == "UNUSED_OUTPUT"


def test_an_output_that_nobody_uses() -> None:
    assert code("- {relu: , name: a}\n- {tanh: , from: input}") == "UNUSED_OUTPUT"
    assert code("- {linear: 3}\n- {parameter: [4]}") == "UNUSED_OUTPUT"


def test_the_number_of_inputs() -> None:
    assert code("- add") == "WRONG_INPUT_COUNT"
    assert code("- {relu: , from: [input, input]}") == "WRONG_INPUT_COUNT"
    assert code("- {relu: , name: a}\n- {parameter: [4], from: a}") == "WRONG_INPUT_COUNT"


def test_side_branches() -> None:
    layers = """
    - {relu: , name: a}
    - {layers: [flatten, {linear: 3}], only: training, name: aux}
    - {tanh: , only: training}
    - sigmoid
    """
    found = graph(layers)
    assert feeds(found, "sigmoid1") == ["a"]
    assert {name: value.shape for name, value in found.side_outputs.items()} == {"aux": (3,), "tanh1": (4, 8, 8)}
    assert [node.path for node in found.nodes.values() if node.training_only] == [
        "aux.flatten1",
        "aux.linear1",
        "tanh1",
    ]
    assert "aux.linear1.weight" in found.state_dict


@pytest.mark.parametrize("layers", [
    "- {layers: [{relu: , only: training}, tanh], name: g}",
    "- residual: [tanh, {relu: , only: training}]",
    "- parallel: [tanh, {relu: , only: training}]",
    "- {layers: [{relu: , only: training, name: g.a}], name: s}\n- tanh",
    "- {relu: , only: training, name: a.b}\n- {relu: , only: training, name: a_b}\n- tanh",
])  # fmt: skip
def test_where_side_branches_cannot_stand(layers: str) -> None:
    assert "BAD_SIDE_BRANCH" in {d.code.name for d in diagnostics(spec(layers))}


def test_what_depends_on_a_failed_entry_is_left_out() -> None:
    layers = """
    - {conv: 8, kernel: 9, name: a}
    - {conv: 8, kernel: $x.channels}
    - {add: [a, input], name: s}
    - {layers: [relu], repeat: 3, name: g}
    - {relu: , from: [g.0]}
    - {linear: 3, from: s, to: [t]}
    - {tanh: , from: t}
    """
    assert code(layers) == "KERNEL_TOO_LARGE"


def test_independent_errors_are_all_told() -> None:
    layers = """
    - {conv: 8, kernel: 9}
    - {relu: , from: nothing}
    - {conv: 8, kernel: 3, groups: 3, from: input}
    - {conv: $(1 / 0), kernel: 3}
    """
    assert [d.code.name for d in diagnostics(spec(layers))] == [
        "KERNEL_TOO_LARGE", "UNKNOWN_REFERENCE", "GROUPS_DO_NOT_DIVIDE", "EXPRESSION_FAILED",
    ]  # fmt: skip
