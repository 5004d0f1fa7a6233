"""docs/language.md, `defaults`: options that entries leave out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import api
from tests.frontend.test_layers_as_values import flow, made
from tests.frontend.writing import build, code, graph, only, out, spec


def eps(layers: str, head: str = "") -> list[float]:
    """The `eps` of each batch norm."""
    return [node.layer.eps for node in graph(layers, head).nodes.values() if node.layer.op == "batch_norm"]


def test_an_option_of_the_entry_wins_then_the_nearest_default() -> None:
    head = """
    defaults: {batch_norm: {eps: 1e-2}}
    blocks:
      plain: {layers: [batch_norm]}
      own: {defaults: {batch_norm: {eps: 1e-4}}, layers: [batch_norm, {batch_norm, eps: 1e-5}, plain]}
    """
    layers = """
    - batch_norm
    - {batch_norm, eps: 1e-1}
    - plain
    - own
    - {defaults: {batch_norm: {eps: 1e-3}}, layers: [batch_norm, plain, own]}
    - {defaults: {batch_norm: {eps: 1e-6}}, repeat: 2, layers: [batch_norm]}
    - {plain: , defaults: {batch_norm: {eps: 1e-7}}}
    """
    own = [1e-4, 1e-5, 1e-4]
    assert eps(layers, head) == [1e-2, 1e-1, 1e-2, *own, 1e-3, 1e-3, *own, 1e-6, 1e-6, 1e-7]


def test_defaults_are_of_required_options_and_main_arguments_too() -> None:
    head = "defaults: {conv: {kernel: 3, out: 5}, dropout: {p: 0.2}}"
    found = graph("- conv\n- dropout\n- {dropout: 0.3}\n- {conv: 6}", head)
    assert [node.layer.p for node in found.nodes.values() if node.layer.op == "dropout"] == [0.2, 0.3]
    assert out(found) == (6, 4, 4)


def test_defaults_are_of_blocks_and_of_activations_too() -> None:
    head = """
    defaults: {b: {act: {leaky_relu: 0.3}}, leaky_relu: {negative_slope: 0.1}}
    blocks: {b: {params: {act: layer}, layers: [$act]}}
    """
    found = graph("- b\n- {b: relu}\n- {conv: 4, kernel: 1, activation: leaky_relu}", head)
    one, two, three = found.nodes.values()
    assert one.layer.negative_slope == 0.3
    assert two.layer.op == "relu"
    assert three.activation is not None
    assert three.activation.negative_slope == 0.1


def test_an_option_bound_to_a_layer_wins() -> None:
    head = "defaults: {batch_norm: {eps: 1e-2, momentum: 0.2}}\nlet: {norm: {batch_norm: , eps: 1e-3}}"
    layer = graph("- $norm", head).nodes["batch_norm1"].layer
    assert (layer.eps, layer.momentum) == (1e-3, 0.2)


def test_values_are_computed_where_they_stand() -> None:
    head = "params: {e: 0.01}\ndefaults: {batch_norm: {eps: $e}}"
    text = spec("- batch_norm\n- {layers: [batch_norm], defaults: {batch_norm: {eps: $(x.channels / 100)}}}", head)
    assert [node.layer.eps for node in build(text).nodes.values()] == [0.01, 0.04]
    assert [node.layer.eps for node in build(text, {"e": 0.5}).nodes.values()] == [0.5, 0.04]


@pytest.mark.parametrize(("written", "code_", "column", "help"), [
    ("{batch_nrom: {eps: 1}}", "UNKNOWN_LAYER", 12, "did you mean `batch_norm`?"),
    ("{batch_norm: {epz: 1}}", "UNKNOWN_OPTION", 25, "did you mean `eps`?"),
    ("{batch_norm: {eps: small}}", "WRONG_TYPE", 30, ""),
    ("{batch_norm: {name: a}}", "UNKNOWN_OPTION", 25, ""),
    ("{b: {wide: 1}}", "UNKNOWN_OPTION", 16, "did you mean `width`?"),
    ("{b: {width: small}}", "WRONG_TYPE", 23, ""),
    ("{batch_norm: 3}", "WRONG_TYPE", 24, ""),
    ("[batch_norm]", "WRONG_TYPE", 11, ""),
    ("{batch_norm: {eps: $y}}", "UNKNOWN_VARIABLE", 30, ""),
    ('{batch_norm: {eps: "$(1 > 2)"}}', "WRONG_TYPE", 30, ""),
])  # fmt: skip
def test_what_no_layer_has_is_refused_at_its_place(written: str, code_: str, column: int, help: str) -> None:
    head = f"defaults: {written}\nblocks: {{b: {{params: {{width: 1}}, layers: [relu]}}}}"
    found = only(spec("- batch_norm\n- b", head))
    assert found.code.name == code_
    assert found.span is not None
    assert (found.span.line, found.span.column) == (4, column)
    assert help in str(found.help)


def test_a_layer_holds_no_entries_to_have_defaults() -> None:
    assert code("- {conv: 3, kernel: 1, defaults: {conv: {bias: false}}}") == "CONFLICTING_KEYS"


def test_a_default_that_nothing_takes_up_is_told_of() -> None:
    text = spec(
        "- batch_norm\n- {layers: [{batch_norm, eps: 1e-4}], defaults: {batch_norm: {eps: 1e-5}}}",
        "defaults: {batch_norm: {eps: 1e-3, momentum: 0.2}, relu6: {}, elu: {alpha: 2.0}}",
    )
    warned = [(each.message, each.span.line) for each in api.review(api.loads(text)) if each.span]
    assert warned == [
        ("nothing takes up the default `alpha` of `elu`", 4),
        ("nothing takes up the default `eps` of `batch_norm`", 7),
    ]


SLOT = st.sampled_from([None, 1e-5, 1e-4, 1e-3])
TREES = st.recursive(
    st.tuples(st.just("norm"), SLOT, SLOT),
    lambda inner: st.tuples(st.just("group"), st.tuples(SLOT, SLOT), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)
NAMES = ("eps", "momentum")


def written(tree: Any) -> str:
    """A tree of groups and norms in which groups have defaults."""
    if tree[0] == "norm":
        return flow({"batch_norm": None, **{n: v for n, v in zip(NAMES, tree[1:], strict=True) if v is not None}})
    own = {n: v for n, v in zip(NAMES, tree[1], strict=True) if v is not None}
    inner = ", ".join(map(written, tree[2]))
    return f"{{layers: [{inner}], defaults: {flow({'batch_norm': own})}}}" if own else f"{{layers: [{inner}]}}"


def written_out(tree: Any, around: tuple[Any, Any] = (None, None)) -> str:
    """The same tree in which every norm has its options."""
    values = tuple(
        b if a is None else a for a, b in zip(tree[1] if tree[0] == "group" else tree[1:], around, strict=True)
    )
    if tree[0] == "norm":
        return flow({"batch_norm": None, **{n: v for n, v in zip(NAMES, values, strict=True) if v is not None}})
    return f"{{layers: [{', '.join(written_out(each, values) for each in tree[2])}]}}"


@given(TREES)
def test_defaults_are_what_the_same_options_written_out_are(tree: Any) -> None:
    one, other = (api.loads(spec(f"- {each}")) for each in (written(tree), written_out(tree)))
    assert made(api.elaborate(one)) == made(api.elaborate(other))
    assert api.generate(one).split("\n")[3:] == api.generate(other).split("\n")[3:]
