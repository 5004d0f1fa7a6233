"""LANGUAGE.md, "Document", "Entries" and "Module paths"."""

from __future__ import annotations

import pytest

from netspec.frontend.context import REFUSED_NAMES, SEQUENCE_NAMES
from tests.frontend.writing import build, code, diagnostics, feeds, graph, only, out, paths, spec


def test_the_first_key_that_is_no_common_option_is_the_operation() -> None:
    found = graph("- {name: a, from: input, conv: 8, kernel: 3}\n- {batch_norm, name: bn1}")
    assert paths(found) == ["a", "bn1"]
    assert out(found) == (8, 6, 6)


def test_merged_keys_never_give_the_operation() -> None:
    found = graph("- {<<: {kernel: 3, padding: 1}, conv: 8}")
    assert found.nodes["conv1"].layer.op == "conv"


def test_the_main_argument_may_be_an_option() -> None:
    assert out(graph("- {conv: , out: 5, kernel: 1}")) == (5, 8, 8)


def test_an_expression_gives_a_layer_or_nothing() -> None:
    head = "params: {act: tanh, none: null}"
    found = graph("- $act\n- $none\n- {$act: , name: b}", head)
    assert paths(found) == ["tanh1", "b"]
    assert code("- $act", "params: {act: rellu}") == "UNKNOWN_LAYER"
    assert code("- $act", "params: {act: 3}") == "UNKNOWN_LAYER"


def test_activation() -> None:
    found = graph("- {conv: 8, kernel: 1, activation: relu}\n- {conv: 8, kernel: 1, activation: {leaky_relu: 0.3}}")
    assert paths(found) == ["conv1", "conv2"]
    assert found.nodes["conv2"].activation.negative_slope == 0.3  # type: ignore[union-attr]
    assert graph("- {conv: 8, kernel: 1, activation: $a}", "params: {a: null}").nodes["conv1"].activation is None
    assert graph("- {conv: 8, kernel: 1, activation: $a}", "params: {a: relu}").nodes["conv1"].activation
    assert code("- {conv: 8, kernel: 1, activation: prelu}") == "BAD_OPTION"  # it has a weight
    assert code("- {conv: 8, kernel: 1, activation: $a}", "params: {a: conv}") == "BAD_OPTION"
    assert code("- {conv: 8, kernel: 1, activation: {leaky_relu: wide}}") == "WRONG_TYPE"
    assert code("- {conv: 8, kernel: 1, activation: {relu: 3}}") == "BAD_ENTRY"
    assert code("- {residual: [{conv: 4, kernel: 1}], activation: relu}") == "CONFLICTING_KEYS"


def test_absent_entries_do_not_rename_their_neighbours() -> None:
    layers = """
    - {conv: 4, kernel: 1, when: $a}
    - conv: 4
      kernel: 1
    - residual: [{conv: 4, kernel: 1}]
      shortcut: [{conv: 4, kernel: 1}]
      skip: $a
    - layers: [{conv: 4, kernel: 1}, {residual: [{conv: 4, kernel: 1}]}]
      repeat: 2
      when: $a
    - {conv: 4, kernel: 1}
    """
    with_, without = (graph(layers, f"params: {{a: {a}}}") for a in ("true", "false"))
    assert paths(without) == ["conv2", "conv3", "conv9"]
    assert set(paths(without)) < set(paths(with_))


def test_naming_an_entry_does_not_rename_the_next() -> None:
    assert paths(graph("- {conv: 4, kernel: 1, name: stem}\n- {conv: 4, kernel: 1}")) == ["stem", "conv2"]


def test_an_absent_entry_takes_no_position_and_its_name_is_unbound() -> None:
    found = graph("- sequence: [relu, {tanh: , when: false}, sigmoid]\n  name: s")
    assert paths(found) == ["s.0", "s.1"]
    assert code("- {relu: , name: a, when: false}\n- {tanh: , from: a}") == "UNKNOWN_REFERENCE"


def test_structures_and_their_levels() -> None:
    layers = """
    - layers: [{conv: 4, kernel: 1}]
    - {layers: [{conv: 4, kernel: 1}], name: group}
    - sequence: [{conv: 4, kernel: 1}, relu]
    - residual: [{conv: 4, kernel: 1}]
    - {residual: [{conv: 4, kernel: 1}], name: res}
    - parallel: [{conv: 4, kernel: 1}, {conv: 4, kernel: 1}]
    - sequence: [{residual: [{conv: 8, kernel: 1}]}, {layers: [relu, tanh]}, {parallel: {a: [], b: [relu]}}, relu]
    """
    assert paths(graph(layers)) == [
        "conv1", "group.conv1", "sequence1.0", "sequence1.1", "conv2", "add1", "res.conv1", "res.add1", "conv3",
        "conv4", "concat1", "sequence2.0.conv1", "sequence2.0.add1", "sequence2.1", "sequence2.2", "sequence2.3.b",
        "sequence2.3.concat1", "sequence2.4",
    ]  # fmt: skip


def test_a_blocks_sequence_is_numbered() -> None:
    found = graph("- b\n- {b, name: last}", "blocks: {b: {sequence: [{conv: 4, kernel: 1}, relu]}}")
    assert paths(found) == ["b1.0", "b1.1", "last.0", "last.1"]


def test_branches_are_named_by_their_keys() -> None:
    layers = """
    - parallel:
        one: [{conv: 4, kernel: 1}]
        several: [{conv: 4, kernel: 1}, relu]
        own: [{conv: 4, kernel: 1, name: inner}]
        single: {conv: 4, kernel: 1}
    """
    found = graph(layers)
    assert paths(found) == ["one", "several.conv1", "several.relu1", "own.inner", "single", "concat1"]
    assert out(found) == (16, 8, 8)


def test_names_are_templates_over_their_text() -> None:
    layers = """
    - {relu: , name: heads.head}
    - {relu: , name: heads.tail$(1 + 1)}
    - {relu: , name: 007}
    - {relu: , name: true}
    """
    assert paths(graph(layers)) == ["heads.head", "heads.tail2", "007", "true"]
    assert code('- {relu: , name: "a$$b"}') == "BAD_NAME"
    assert code("- {relu: , name: a$(1.5)}") == "EXPRESSION_FAILED"


@pytest.mark.parametrize(
    "name", ["forward", "train", "to", "type", "a.eval", "_modules", "a-b", "é", "class", "a..b", "''"]
)
def test_names_that_torch_refuses(name: str) -> None:
    assert code(f"- {{relu: , name: {name}}}") == "BAD_NAME"


def test_sequences_refuse_their_own_methods() -> None:
    assert code("- sequence: [{relu: , name: append}]") == "BAD_NAME"
    assert paths(graph("- {relu: , name: append}")) == ["append"]


def test_the_refused_names_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    found = {name for name in dir(torch.nn.Module()) if not name.startswith("__")}
    assert found <= REFUSED_NAMES
    assert {n for n in dir(torch.nn.Sequential()) if not n.startswith("_")} - found <= SEQUENCE_NAMES


@pytest.mark.parametrize(
    "layers",
    [
        "- {relu: , name: a}\n- {tanh: , name: a}",
        "- {conv: 4, kernel: 1, name: conv2}\n- {conv: 4, kernel: 1}",
        "- {relu: , name: a}\n- {relu: , name: a.b}",
        "- {relu: , name: a.b}\n- {relu: , name: a}",
        "- {layers: [relu], name: a}\n- {relu: , name: a.b}",
        "- {layers: [{relu: , name: a}], repeat: 2}",
    ],
)
def test_a_path_is_met_once(layers: str) -> None:
    found = only(spec(layers))
    assert found.code.name == "DUPLICATE_PATH"
    assert found.related


def test_a_function_evades_what_stands_at_its_path() -> None:
    found = graph("- {relu: , name: add1}\n- residual: [tanh]\n- {sigmoid: , name: add2}")
    assert [node.path for node in found.nodes.values()] == ["add1", "tanh1", "add2", "add2"]
    assert len(found.nodes) == 4


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("3", "BAD_ENTRY"),
        ("{}", "BAD_ENTRY"),
        ("{name: a}", "BAD_ENTRY"),
        ("[relu]", "BAD_ENTRY"),
        ("rellu", "UNKNOWN_LAYER"),
        ("conv2d", "UNKNOWN_LAYER"),
        ("{relu: 3}", "BAD_ENTRY"),
        ("{conv: 8}", "MISSING_OPTION"),
        ("linear", "MISSING_OPTION"),
        ("{conv: 8, kernel: 3, strid: 2}", "UNKNOWN_OPTION"),
        ("{conv: 8, out: 8, kernel: 3}", "CONFLICTING_KEYS"),
        ("{conv: 8, kernel: wide}", "WRONG_TYPE"),
        ("{conv: 8, kernel: 1.5}", "WRONG_TYPE"),
        ("{conv: true, kernel: 3}", "WRONG_TYPE"),
        ("{conv: 8, kernel: [1, x]}", "WRONG_TYPE"),
        ("{conv: 8, kernel: $(3 / 1)}", "WRONG_TYPE"),
        ("{dropout: .nan}", "BAD_OPTION"),
        ("{relu: , when: 3}", "WRONG_TYPE"),
        ("{relu: , only: eval}", "WRONG_TYPE"),
        ("{relu: , repeat: -1}", "BAD_OPTION"),
        ("{relu: , repeat: many}", "WRONG_TYPE"),
        ("{relu: , as: c}", "CONFLICTING_KEYS"),
        ("{relu: , repeat: 2, as: x}", "BAD_NAME"),
        ("{relu: , let: {for: 1}}", "BAD_NAME"),
        ("{layers: relu}", "WRONG_TYPE"),
        ("{layers: [relu], tie: {weight: a}}", "CONFLICTING_KEYS"),
        ("{layers: [relu], stride: 2}", "UNKNOWN_OPTION"),
        ("{residual: [relu], merge: concatenate}", "WRONG_TYPE"),
        ("{residual: , name: a}", "BAD_ENTRY"),
        ("residual", "BAD_ENTRY"),
        ("parallel", "BAD_ENTRY"),
        ("{parallel: []}", "BAD_ENTRY"),
        ("{sequence: [{relu: , from: input}]}", "CONFLICTING_KEYS"),
        ("{add: [a, b], from: [c, d]}", "CONFLICTING_KEYS"),
        ("{relu: , from: []}", "WRONG_TYPE"),
    ],
)
def test_bad_entries(entry: str, name: str) -> None:
    assert code(f"- relu\n- {entry}") == name


@pytest.mark.parametrize(
    ("entry", "column"),
    [
        ("leaky_relu: .inf", 18),
        ("filter: gaussian, size: 3, sigma: .nan", 40),
        ("filter: [[0, 1], [.nan, 2]]", 24),
        ("filter: [[-.inf]]", 16),
        ("rbf: 2, centers: ['####....', [1, 2, 3, 4, 5, 6, 7, .inf]]", 58),
        ("linear: 2, activation: {leaky_relu: .inf}", 29),
    ],
)
def test_numbers_are_finite(entry: str, column: int) -> None:
    found = only(spec(f"- {{{entry}}}"))
    assert (found.code.name, found.message.endswith("must be finite")) == ("BAD_OPTION", True)
    assert found.span
    assert found.span.column == column
    assert found.found in ("`inf`", "`-inf`", "`nan`")


def test_every_error_of_an_entry_is_told() -> None:
    found = diagnostics(spec("- {conv: 8, strid: 2, paddin: 1}\n- rellu\n- {linear: }"))
    assert [d.code.name for d in found] == [
        "MISSING_OPTION", "UNKNOWN_OPTION", "UNKNOWN_OPTION", "UNKNOWN_LAYER", "MISSING_OPTION",
    ]  # fmt: skip


def test_document_keys() -> None:
    text = spec("- relu")
    assert only(text + "layer: []\n").code.name == "UNKNOWN_KEY"
    assert only(text.replace("netspec: 1", "netspec: 2")).code.name == "WRONG_TYPE"
    assert only(text.replace("netspec: 1\n", "")).code.name == "MISSING_KEY"
    assert only(text.replace("name: net\n", "")).code.name == "MISSING_KEY"
    assert only(text.replace("name: net", "name: a b")).code.name == "BAD_NAME"
    assert only(text.replace("input: [4, 8, 8]\n", "")).code.name == "MISSING_KEY"
    assert only(text + "sequence: [relu]\n").code.name == "CONFLICTING_KEYS"
    assert only(text + "inputs: {a: [3]}\n").code.name == "CONFLICTING_KEYS"
    assert only("netspec: 1\nname: n\ninput: [3]\nlayers: []\n").code.name == "EMPTY_NETWORK"
    assert only("netspec: 1\nname: n\ninput: [3]\n").code.name == "MISSING_KEY"
    assert only(text + "budget: {params: many}\n").code.name == "WRONG_TYPE"


@pytest.mark.parametrize(
    "input", ["[0, 8, 8]", "[3, -1]", "[3, x]", "[3, 1.5]", "3", "{shape: [3], dtype: int7}", "{dtype: int64}"]
)
def test_bad_inputs(input: str) -> None:
    assert diagnostics(spec("- relu", input=input))[0].code.name in ("WRONG_TYPE", "BAD_OPTION", "MISSING_KEY")


def test_inputs() -> None:
    assert out(graph("- flatten", "params: {n: 5}", input="[$n, $(2 * n)]")) == (50,)
    assert out(graph("- {embedding: 9, dim: 3}", input="{shape: [7], dtype: int64}")) == (7, 3)
    assert code("- {embedding: 9, dim: 3}", input="[7]") == "WRONG_DTYPE"
    assert code("- {linear: 3}", input="{shape: [7], dtype: int64}") == "WRONG_DTYPE"


def test_dynamic_axes() -> None:
    found = graph(
        "- {conv: 4, kernel: 3}\n- global_avg_pool\n- flatten\n- {linear: 3}",
        input="{shape: [3, 9, 9], dynamic: [1, -1]}",
    )
    assert found.inputs["input"].dynamic == (1, 2)
    assert code("- flatten\n- {linear: 3}", input="{shape: [3, 9, 9], dynamic: [2]}") == "DYNAMIC_WEIGHT"
    parts = "- {split: 3, axis: 1, to: [a, b, c]}\n- {concat: [a, b, c], axis: 1}"
    assert code(parts, input="{shape: [3, 9, 9], dynamic: [1]}") == "DYNAMIC_WEIGHT"  # of 10, there are four
    assert code("- relu", input="{shape: [3], dynamic: [1]}") == "BAD_AXIS"


def test_outputs() -> None:
    head = "outputs: {a: first, b: second}"
    found = graph("- {relu: , name: first}\n- {tanh: , name: second}", head)
    assert {name: value.key for name, value in found.outputs.items()} == {"a": "first", "b": "second"}
    assert code("- {relu: , name: first}", "outputs: {a: frist}") == "UNKNOWN_REFERENCE"
    assert code("- {parallel: [relu, tanh], merge: none, name: p}", "outputs: {a: p}") == "AMBIGUOUS_FLOW"


def test_the_top_level_may_be_a_sequence() -> None:
    found = build("netspec: 1\nname: n\ninput: [3]\nsequence: [{linear: 2}, relu]")
    assert paths(found) == ["0", "1"]
    assert feeds(found, "1") == ["0"]
    assert (
        only("netspec: 1\nname: n\ninput: [3]\nsequence: [{linear: 2}, {relu: , from: input}]").code.name
        == "CONFLICTING_KEYS"
    )


def test_the_order_of_weights_is_that_of_torchs_registration() -> None:
    layers = """
    - {linear: 3, name: a.b.c}
    - {linear: 3, name: a.x}
    - {linear: 3, name: a.b.d}
    - {linear: 3, name: e}
    - {linear: 3, name: a.y}
    """
    found = graph(layers, input="[3]")
    assert paths(found) == ["a.b.c", "a.x", "a.b.d", "e", "a.y"]
    assert found.order == ("a.b.c", "a.b.d", "a.x", "a.y", "e")
