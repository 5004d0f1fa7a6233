"""LANGUAGE.md, `repeat` and "Blocks"."""

from __future__ import annotations

import pytest

from netspec.frontend import elaborate
from tests.frontend.writing import build, code, diagnostics, feeds, graph, only, out, paths, spec


def test_an_unnamed_repeat_numbers_on_in_the_parent() -> None:
    layers = (
        "- {conv: 4, kernel: 1}\n- {conv: 4, kernel: 1, repeat: 2}\n- layers: [{conv: 4, kernel: 1}, relu]\n  repeat: 2"
    )
    assert paths(graph(layers)) == ["conv1", "conv2", "conv3", "conv4", "relu1", "conv5", "relu2"]
    found = graph("- sequence: [relu, {layers: [tanh, sigmoid], repeat: 2}, relu]\n  name: s")
    assert paths(found) == [f"s.{n}" for n in range(6)]


def test_a_named_repeat_is_a_level() -> None:
    layers = """
    - {conv: 4, kernel: 1, repeat: 2, name: flat}
    - {layers: [{conv: 4, kernel: 1}, {relu: , name: r}], repeat: 2, name: deep}
    - {residual: [{conv: 4, kernel: 1}], repeat: 1, name: res}
    - {sequence: [relu], repeat: 1, name: seq}
    """
    assert paths(graph(layers)) == [
        "flat.0", "flat.1", "deep.0.conv1", "deep.0.r", "deep.1.conv1", "deep.1.r", "res.0.conv1", "res.0.add1",
        "seq.0.0",
    ]  # fmt: skip


def test_rounds_feed_each_other() -> None:
    found = graph("- {relu: , name: a}\n- {tanh: , repeat: 3, name: t, from: input}\n- add: [a, t]")
    assert [feeds(found, f"t.{n}") for n in range(3)] == [["input"], ["t.0"], ["t.1"]]
    assert feeds(found, "add1") == ["a", "t.2"]


def test_as_binds_values() -> None:
    widths = [4, 6, 8]
    assert out(graph("- {conv: $c, kernel: 1, repeat: $w, as: c}", f"params: {{w: {widths}}}")) == (8, 8, 8)
    assert out(graph("- {conv: $(c + 1), kernel: 1, repeat: 3, as: c}")) == (3, 8, 8)
    assert out(graph("- {conv: $c, kernel: $k, repeat: [[5, 3], [6, 1]], as: [c, k]}")) == (6, 6, 6)
    assert code("- {conv: $c, kernel: 1, repeat: [[5, 3], [6]], as: [c, k]}") == "BAD_REPEAT"
    assert code("- {conv: $c, kernel: 1, repeat: [5], as: [c, k]}") == "BAD_REPEAT"
    assert code("- {relu: , repeat: $n}", "params: {n: 1.5}") == "BAD_REPEAT"
    assert code("- {relu: , repeat: $n}", "params: {n: -1}") == "BAD_REPEAT"


def test_i_is_the_innermost_index_and_let_keeps_an_outer_one() -> None:
    layers = """
    - repeat: 2
      let: {stage: $i}
      layers:
        - {conv: $(10 * stage + i + 1), kernel: 1, repeat: 2}
    """
    assert [n.output_shapes[0][0] for n in graph(layers).nodes.values()] == [1, 2, 11, 12]


def test_options_are_evaluated_per_round_but_name_from_and_when_outside() -> None:
    layers = (
        '- {conv: 4, kernel: 1, repeat: 3, freeze: $(i < 2), init: {weight: {constant: $i}}, activation: "$(act[i])"}'
    )
    found = graph(layers, "params: {act: [relu, tanh, null]}")
    assert [n.frozen for n in found.nodes.values()] == [True, True, False]
    assert [n.initialisers["weight"].arguments["val"] for n in found.nodes.values()] == [0, 1, 2]
    assert [n.activation.op if n.activation else None for n in found.nodes.values()] == ["relu", "tanh", None]
    assert code("- {relu: , repeat: 2, when: $(i == 0)}") == "UNKNOWN_VARIABLE"
    assert code("- {relu: , repeat: 2, name: r$i}") == "UNKNOWN_VARIABLE"


def test_no_rounds() -> None:
    found = graph("- {relu: , name: a}\n- {tanh: , repeat: 0, name: none}\n- {sigmoid: , from: none}")
    assert feeds(found, "sigmoid1") == ["a"]
    assert feeds(graph("- relu\n- {tanh: , repeat: []}\n- sigmoid"), "sigmoid1") == ["relu1"]


def test_names_in_an_unnamed_repeat_stay_visible() -> None:
    found = graph("- repeat: 2\n  layers: [{relu: , name: r$i}, {add: [r$i, input], name: s$i}]\n- add: [r0, s1]")
    assert feeds(found, "add3") == ["r0", "s1"]


@pytest.mark.parametrize("layers", [
    "- {relu: , repeat: 1000000000}",
    "- {relu: , repeat: 9223372036854775807}",
    "- {layers: [{layers: [{relu: , repeat: 1000}], repeat: 1000}], repeat: 1000}",
    "- {layers: [], repeat: 600000}",
])  # fmt: skip
def test_huge_repeats_are_refused(layers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborate, "MAX_ENTRIES", 5000)
    assert "BAD_REPEAT" in {d.code.name for d in diagnostics(spec(layers))}


BLOCK = (
    "blocks: {b: {params: {out: int, kernel: 1, act: str?, scale: 1.0}, layers: [{conv: $out, kernel: $kernel}, $act]}}"
)


def test_parameters() -> None:
    assert paths(graph("- {b: 8, act: null}", BLOCK)) == ["b1.conv1"]
    assert out(graph("- {b: 8, kernel: 3, act: relu, scale: 2}", BLOCK)) == (8, 6, 6)
    assert code("- {b: 8}", BLOCK) == "MISSING_OPTION"
    assert code("- {b: , act: null}", BLOCK) == "MISSING_OPTION"
    assert code("- {b: 8, act: null, out: 9}", BLOCK) == "CONFLICTING_KEYS"
    assert code("- {b: 8, act: null, stride: 2}", BLOCK) == "UNKNOWN_OPTION"
    assert code("- {b: 8.5, act: null}", BLOCK) == "WRONG_TYPE"
    assert code("- {b: null, act: null}", BLOCK) == "MISSING_OPTION"
    assert code("- {b: true, act: null}", BLOCK) == "WRONG_TYPE"
    assert code("- {b: 8, act: 3}", BLOCK) == "WRONG_TYPE"
    assert code("- {b: 8, act: null, scale: wide}", BLOCK) == "WRONG_TYPE"
    assert code("- {b: 8, act: null, kernel: null}", BLOCK) == "WRONG_TYPE"


def test_a_block_without_parameters_takes_none() -> None:
    head = "blocks: {b: {layers: [relu]}}"
    assert paths(graph("- b\n- {b, name: c}", head)) == ["b1.relu1", "c.relu1"]
    assert code("- {b: 3}", head) == "BAD_ENTRY"


def test_defaults_may_use_earlier_parameters_and_let_the_flow() -> None:
    head = """
    blocks:
      b:
        params: {out: int, hidden: $(2 * out)}
        let: {mid: $(x.channels + hidden), all: $(mid + input.channels)}
        layers: [{conv: $all, kernel: 1}]
    """
    assert out(graph("- {b: 3}", head)) == (14, 8, 8)
    assert code("- {b: 3}", head.replace("2 * out", "2 * later")) == "UNKNOWN_VARIABLE"


def test_a_block_never_sees_its_callers_names() -> None:
    assert code("- {relu: , name: a}\n- b", "blocks: {b: {layers: [{tanh: , from: a}]}}") == "UNKNOWN_REFERENCE"
    assert code("- b", "params: {n: 3}\nblocks: {b: {layers: [{conv: $n, kernel: 1}]}}") == "UNKNOWN_VARIABLE"
    assert code("- {b, repeat: 2}", "blocks: {b: {layers: [{conv: $(i + 1), kernel: 1}]}}") == "UNKNOWN_VARIABLE"


def test_x_is_what_flows_into_the_entry_and_input_into_the_block() -> None:
    head = """
    blocks:
      b:
        params: {n: int}
        layers:
          - {conv: $(2 * x.channels), kernel: 1}
          - {conv: $(x.channels + input.channels + n), kernel: 1}
    """
    assert out(graph("- {b: $x.height}", head)) == (8 + 4 + 8, 8, 8)


def test_several_inputs_and_outputs() -> None:
    head = """
    blocks:
      b:
        inputs: [main, skip]
        outputs: [low, high]
        layers:
          - {relu: , from: main, name: low}
          - {add: [main, skip], name: high}
    """
    found = graph(
        "- {relu: , name: a}\n- {tanh: , name: c}\n- {b, from: [a, c], to: [p, q], name: d}\n- concat: [p, q]", head
    )
    assert feeds(found, "d.high") == ["a", "c"]
    assert feeds(found, "concat1") == ["d.low", "d.high"]
    first = graph("- {relu: , name: a}\n- {b, from: [a, input], name: d}\n- tanh", head)
    assert feeds(first, "tanh1") == ["d.low"]
    assert code("- b", head) == "WRONG_INPUT_COUNT"
    assert code("- {b, from: [input, input], to: [p]}\n- {relu: , from: p}", head) == "BAD_TARGETS"
    assert (
        code("- {relu: , name: a}\n- {b, from: [a, input], to: [p, q]}\n- {relu: , from: q}", head) == "UNUSED_OUTPUT"
    )
    assert code("- b", "blocks: {b: {outputs: [nothing], layers: [relu]}}") == "UNKNOWN_REFERENCE"


def test_errors_in_a_block_tell_its_calls_and_come_once() -> None:
    head = "blocks: {b: {params: {k: int}, layers: [{conv: 4, kernel: $k}]}}"
    found = only(spec("- {b: 9, repeat: 3}", head))
    assert found.span
    assert found.span.line == 4
    assert [(r.note, r.span.line) for r in found.related if r.span][-1] == ("in the block `b`, called here", 6)


@pytest.mark.parametrize(("head", "name"), [
    ("blocks: {b: {layers: [b]}}", "RECURSIVE_BLOCK"),
    ("blocks: {b: {layers: [c]}, c: {layers: [{residual: [b]}]}}", "RECURSIVE_BLOCK"),
    ("blocks: {relu: {layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {residual: {layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {params: {name: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {params: {layers: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {params: {x: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {params: {max: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {params: {lambda: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {let: {self: 3}, layers: [tanh]}}", "BAD_NAME"),
    ("blocks: {b: {layer: [tanh]}}", "UNKNOWN_KEY"),
    ("blocks: {b: {doc: nothing}}", "MISSING_KEY"),
    ("blocks: {b: {layers: [rellu]}}", "UNKNOWN_LAYER"),
    ("blocks: {b: 3}", "WRONG_TYPE"),
])  # fmt: skip
def test_bad_blocks_are_told_even_where_nobody_calls_them(head: str, name: str) -> None:
    assert name in {d.code.name for d in diagnostics(spec("- relu", head))}


def test_blocks_that_call_each_other_without_end() -> None:
    blocks = "".join(f"  b{n}: {{layers: [b{n + 1}]}}\n" for n in range(2000)) + "  b2000: {layers: [relu]}\n"
    found = diagnostics(f"netspec: 1\nname: n\ninput: [3]\nblocks:\n{blocks}layers: [b0]\n")
    assert [d.code.name for d in found] == ["BAD_ENTRY"]
    assert "nested more than" in found[0].message


def test_exponential_calls_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborate, "MAX_ENTRIES", 5000)
    blocks = "".join(f"  b{n}: {{layers: [b{n + 1}, b{n + 1}]}}\n" for n in range(40)) + "  b40: {layers: [relu]}\n"
    found = diagnostics(f"netspec: 1\nname: n\ninput: [3]\nblocks:\n{blocks}layers: [b0]\n")
    assert [d.code.name for d in found] == ["BAD_REPEAT"]


def test_scopes_align_with_entries() -> None:
    layers = """
    - {relu: , when: false}
    - residual: [{tanh: , when: false}, sigmoid]
    - {b, repeat: 2, name: r}
    - $none
    - parallel: [relu, {tanh: , repeat: 2}, {tanh: , when: false}]
    """
    found = build(spec(layers, "params: {none: null}\nblocks: {b: {layers: [relu, {tanh: , when: false}]}}"))
    kinds = [child.kind for child in found.root.children]  # type: ignore[union-attr]
    assert kinds == ["absent", "residual", "repeat", "absent", "parallel"]
    for scope in found.root.walk():
        if scope.kind == "block":
            assert [child.kind for child in scope.children] == ["layer", "absent"]  # type: ignore[union-attr]
    fanned = found.root.children[4].children[1].children[0]  # type: ignore[union-attr]
    assert [child.kind for child in fanned.children] == ["round", "round"]  # type: ignore[union-attr]
