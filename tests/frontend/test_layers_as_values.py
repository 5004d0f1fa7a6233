"""docs/language.md, "Layers as values": layers and blocks with options bound to them; types with defaults."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import api
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES
from netspec.graph import Graph
from netspec.layers import registry
from tests.frontend.writing import build, code, graph, only, out, paths, spec

CONV = """
blocks:
  cna:
    params: {norm: layer, act: layer?}
    layers:
      - {conv: 8, kernel: 1, name: c}
      - {$norm: , name: n}
      - {$act: , name: a}
"""


def made(found: Graph) -> list[tuple[str, str, Any]]:
    """The path, the layer and its options of each call."""
    return [(node.path, node.layer.op, node.layer.model_dump()) for node in found.nodes.values()]


def test_a_parameter_names_a_layer_with_options_bound() -> None:
    found = graph("- {cna: {batch_norm, eps: 1e-3}, act: {leaky_relu: 0.3}, name: b}", CONV)
    assert paths(found) == ["b.c", "b.n", "b.a"]
    assert found.nodes["b.n"].layer.eps == 1e-3
    assert found.nodes["b.a"].layer.negative_slope == 0.3


def test_a_plain_name_is_a_layer_without_options_and_null_is_none() -> None:
    assert paths(graph("- {cna: batch_norm, act: null, name: b}", CONV)) == ["b.c", "b.n"]
    assert paths(graph("- {cna: batch_norm, act: relu, name: b}", CONV)) == ["b.c", "b.n", "b.a"]


def test_a_parameter_names_a_block() -> None:
    head = CONV + "  wide: {params: {out: int, kernel: 1}, layers: [{conv: $out, kernel: $kernel, padding: 1}]}\n"
    found = graph("- {cna: {wide: 5, kernel: 3}, act: null, name: b}", head)
    assert paths(found) == ["b.c", "b.n.conv1"]
    assert out(found) == (5, 8, 8)


def test_values_are_those_of_the_caller() -> None:
    found = graph("- {cna: {batch_norm, eps: $eps}, act: null, let: {eps: $(x.channels / 100)}, name: b}", CONV)
    assert found.nodes["b.n"].layer.eps == 0.04


def test_a_layer_is_passed_on_and_compared_by_its_name() -> None:
    head = """
    blocks:
      outer: {params: {act: layer}, layers: [{inner: $act}, {tanh: , when: $(act == "leaky_relu")}]}
      inner: {params: {act: layer}, layers: [$act]}
    """
    found = graph("- {outer: {leaky_relu: 0.3}, name: one}\n- {outer: relu, name: two}", head)
    assert paths(found) == ["one.inner1.leaky_relu1", "one.tanh1", "two.inner1.relu1"]
    assert found.nodes["one.inner1.leaky_relu1"].layer.negative_slope == 0.3


def test_a_layer_in_rows_in_a_let_and_in_an_activation() -> None:
    rows = "- repeat: [[4, {leaky_relu: 0.3}], [6, relu]]\n  as: [out, act]\n  layers: [{conv: $out, kernel: 1}, $act]"
    assert [op for _, op, _ in made(graph(rows))] == ["conv", "leaky_relu", "conv", "relu"]
    found = graph("- {conv: 4, kernel: 1, activation: $act}\n- $act", "let: {act: {leaky_relu: 0.3}}")
    first, second = found.nodes.values()
    assert first.activation is not None
    assert first.activation.negative_slope == second.layer.negative_slope == 0.3


def test_a_param_of_the_network_is_set_to_another_layer() -> None:
    text = spec("- {conv: 4, kernel: 1}\n- $norm", 'params: {norm: "layer = {batch_norm, eps: 1e-3}"}')
    assert [op for _, op, _ in made(build(text))] == ["conv", "batch_norm"]
    assert build(text).nodes["batch_norm1"].layer.eps == 1e-3
    assert build(text, {"norm": {"group_norm": 2}}).nodes["group_norm1"].layer.groups == 2
    assert build(text, {"norm": "instance_norm"}).nodes["instance_norm1"]


def test_options_come_from_the_binding_and_from_the_call() -> None:
    head = "blocks: {b: {params: {norm: layer}, layers: [{$norm: , momentum: 0.2}]}}"
    layer = graph("- {b: {batch_norm, eps: 1e-3}, name: b}", head).nodes["b.batch_norm1"].layer
    assert (layer.eps, layer.momentum) == (1e-3, 0.2)


def test_an_option_given_twice_is_refused_at_the_call_and_tells_the_binding() -> None:
    head = "blocks: {b: {params: {norm: layer}, layers: [{$norm: , eps: 1e-4}]}}"
    found = only(spec("- {b: {batch_norm, eps: 1e-3}}", head))
    assert found.code.name == "CONFLICTING_KEYS"
    assert found.span is not None
    assert found.span.line == 4
    assert [(each.span.line, each.note) for each in found.related if each.span][-1] == (6, "`batch_norm` is bound here")


@pytest.mark.parametrize(("entry", "code_", "line", "column"), [
    ("- {cna: batch_nrom, act: relu}", "UNKNOWN_LAYER", 12, 11),
    ("- {cna: {batch_nrom, eps: 1e-3}, act: relu}", "UNKNOWN_LAYER", 12, 12),
    ("- {cna: {batch_norm, epz: 1e-3}, act: relu}", "UNKNOWN_OPTION", 12, 24),
    ("- {cna: {batch_norm, eps: small}, act: relu}", "WRONG_TYPE", 12, 29),
    ("- {cna: {batch_norm, name: bn}, act: relu}", "CONFLICTING_KEYS", 12, 24),
    ("- {cna: {sequence: [relu]}, act: relu}", "BAD_ENTRY", 12, 12),
    ("- {cna: {}, act: relu}", "BAD_ENTRY", 12, 11),
    ("- {cna: 3, act: relu}", "WRONG_TYPE", 12, 11),
    ("- {cna: [relu], act: relu}", "WRONG_TYPE", 12, 11),
    ("- {cna: null, act: relu}", "MISSING_OPTION", 12, 6),
    ("- {cna: {conv: 4}, act: relu}", "MISSING_OPTION", 9, 9),
])  # fmt: skip
def test_what_is_no_layer_is_refused_where_it_is_bound(entry: str, code_: str, line: int, column: int) -> None:
    found = only(spec(entry, CONV))
    assert found.code.name == code_
    assert found.span is not None
    assert (found.span.line, found.span.column) == (line, column)


def test_a_misspelt_name_has_a_near_one() -> None:
    found = only(spec("- {cna: {batch_nrom, eps: 1e-3}, act: relu}", CONV))
    assert "did you mean `batch_norm`?" in str(found.help)


def test_a_mapping_for_a_text_tells_the_type_that_takes_it() -> None:
    found = only(spec("- {b: {leaky_relu: 0.3}}", "blocks: {b: {params: {act: relu}, layers: [$act]}}"))
    assert found.code.name == "WRONG_TYPE"
    assert "`act: str | layer = relu`" in str(found.help)


def test_what_a_block_cannot_take_is_refused_where_a_layer_could_be() -> None:
    head = """
    blocks:
      b: {params: {of: layer}, layers: [{$of: , OPTION}]}
      c: {layers: [{linear: 3}]}
    """
    for option in ("activation: relu", "init: {weight: zeros}", "tie: {weight: a.weight}"):
        assert code("- {b: c}", head.replace("OPTION", option)) == "CONFLICTING_KEYS"
    assert code("- {b: c}", head.replace("OPTION", "out: 3")) == "UNKNOWN_OPTION"


def test_a_block_is_not_called_within_itself_by_the_layers_given_to_it() -> None:
    head = "blocks: {b: {params: {of: layer}, layers: [$of]}}"
    assert code("- {b: {b: relu}}", head) == "RECURSIVE_BLOCK"
    assert code("- {b: b}", head) == "RECURSIVE_BLOCK"
    found = only(spec("- {b: {b: relu}}", head))
    assert any("is bound here" in each.note for each in found.related)


def test_a_block_that_is_only_named_counts_as_called() -> None:
    head = "blocks: {b: {params: {of: layer}, layers: [$of]}, c: {layers: [relu]}, d: {layers: [tanh]}}"
    warned = api.review(api.loads(spec("- {b: c}", head)))
    assert [each.message for each in warned] == ["nobody calls the block `d`"]


@pytest.mark.parametrize(("written", "values"), [
    ("int | list = 0", [("", 0), (", p: 3", 3), (", p: [1, 2]", (1, 2))]),
    ("int? = null", [("", None), (", p: 3", 3), (", p: null", None)]),
    ("str = a = b", [("", "a = b"), (", p: c", "c")]),
    ('"list = [1, 2]"', [("", (1, 2)), (", p: [3]", (3,))]),
    ("int | float = $(out / 2)", [("", 2.0), (", p: 3", 3)]),
    ("any = 1", [("", 1), (", p: text", "text"), (", p: null", None)]),
])  # fmt: skip
def test_a_type_may_have_a_default(written: str, values: list[tuple[str, Any]]) -> None:
    head = f"blocks:\n  b:\n    params:\n      out: int\n      p: {written}\n    layers: [{{relu: , let: {{q: $p}}}}]"
    for given_, value in values:
        scope = graph(f"- {{b: 4{given_}}}", head).root.parts()[0]
        assert scope.arguments is not None
        assert scope.arguments["p"] == value
        assert type(scope.arguments["p"]) is type(value)


@pytest.mark.parametrize("written", ["int = 0.5", "int = a", "'list = {a'", "int | list = null", "int ="])
def test_a_default_has_its_type(written: str) -> None:
    head = f"blocks:\n  b:\n    params:\n      p: {written}\n    layers: [relu]"
    assert code("- b", head) == "WRONG_TYPE"


def test_a_value_of_none_of_the_types_is_refused() -> None:
    head = "blocks: {b: {params: {p: int | list = 0}, layers: [relu]}}"
    assert code("- {b: text}", head) == "WRONG_TYPE"
    assert code("- {b: 1.5}", head) == "WRONG_TYPE"


NAMES = sorted(set(registry()) - COMMON_KEYS - {*STRUCTURES, "x", "input"})


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_with_a_layer_s_name_is_no_layer_where_it_is_written_first(name: str) -> None:
    head = f"blocks: {{my_block: {{params: {{out: int, {name}: 2}}, layers: [{{conv: ${name}, kernel: 1}}]}}}}"
    if only_refused := code_or_none(f"- {{my_block: 8, {name}: 3}}", head):
        assert only_refused == "BAD_NAME"  # a word of Python's, or a function of expressions
        return
    found = only(spec(f"- {{{name}: 3, my_block: 8}}", head))
    assert found.code.name == "UNKNOWN_LAYER"
    assert "write `my_block` first" in str(found.help)


def code_or_none(layers: str, head: str) -> str | None:
    """The code's name of the one diagnostic of a spec; None if it has none."""
    try:
        graph(layers, head)
    except api.NetspecError as error:
        return error.diagnostics[0].code.name
    return None


EPS = st.sampled_from([1e-5, 1e-4, 1e-3])
NORM = st.one_of(
    st.just({"identity": None}),
    st.fixed_dictionaries({"batch_norm": st.none()}, optional={"eps": EPS, "momentum": EPS, "affine": st.booleans()}),
    st.fixed_dictionaries({"group_norm": st.sampled_from([1, 2, 4])}, optional={"eps": EPS, "affine": st.booleans()}),
)
ACT = st.one_of(
    st.none(),
    st.sampled_from([{"relu": None}, {"silu": None}]),
    st.fixed_dictionaries({"leaky_relu": EPS}),
    st.fixed_dictionaries({"elu": st.none()}, optional={"alpha": EPS}),
)
CALLS = st.lists(st.tuples(NORM, ACT, st.integers(1, 2)), min_size=1, max_size=4)


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        value = dict(sorted(value.items(), key=lambda each: each[0] not in registry()))  # the layer first
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    return "null" if value is None else str(value).lower()


@given(CALLS)
def test_bound_layers_are_what_the_same_entries_written_out_are(calls: list[tuple[Any, Any, int]]) -> None:
    head = """
    blocks:
      inner:
        params: {norm: layer, act: layer?, times: 1}
        layers:
          - repeat: $times
            layers: [{conv: 4, kernel: 1, bias: false}, $norm, $act]
      outer:
        params: {norm: layer, act: layer?, times: int}
        layers: [{inner: $norm, act: $act, times: $times, name: part}]
    """
    bound = [f"- {{outer: {flow(norm)}, act: {flow(act)}, times: {times}, name: b{n}}}"
             for n, (norm, act, times) in enumerate(calls)]  # fmt: skip
    plain = [
        f"- {{name: b{n}, layers: [{{name: part, layers: [{', '.join(times * [part])}]}}]}}"
        for n, (norm, act, times) in enumerate(calls)
        for part in [", ".join(["{conv: 4, kernel: 1, bias: false}", flow(norm), *([flow(act)] if act else [])])]
    ]
    one, other = (api.loads(spec("\n".join(each), h)) for each, h in ((bound, head), (plain, "")))
    assert made(api.elaborate(one)) == made(api.elaborate(other))
    api.generate(one)  # which proves its program against the graph
