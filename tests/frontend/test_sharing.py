"""LANGUAGE.md, "Sharing and free parameters" and "Initialisation and freezing"."""

from __future__ import annotations

import pytest

from netspec import api
from tests.frontend.writing import code, feeds, graph, only, out, paths, spec

TWICE = "- {conv: 4, kernel: 3, padding: 1, name: c}\n- {reuse: c}"


def test_reuse_calls_a_layer_again() -> None:
    found = graph(TWICE)
    assert list(found.nodes) == ["c", "c#2"]
    assert found.nodes["c#2"].reuses
    assert list(found.state_dict) == ["c.weight", "c.bias"]
    analysis = api.analyze(api.loads(spec(TWICE)))
    assert analysis.weights.total.params == 148
    assert analysis.work.total == 2 * 4 * 4 * 9 * 64


def test_reuse_calls_blocks_groups_and_rounds_again() -> None:
    layers = """
    - {b: 4, name: block}
    - {layers: [{conv: 4, kernel: 1}, {residual: [relu]}], name: group}
    - {conv: 4, kernel: 1, repeat: 2, name: rounds}
    - reuse: block
    - reuse: group
    - reuse: rounds
    - reuse: rounds.1
    - {reuse: group.conv1, repeat: 2, name: again}
    - {add: [again, block]}
    """
    found = graph(layers, "blocks: {b: {params: {out: int}, sequence: [{conv: $out, kernel: 1}, relu]}}")
    assert list(found.nodes)[7:-1] == [
        "block.0#2", "block.1#2", "group.conv1#2", "group.relu1#2", "group.add1#2", "rounds.0#2", "rounds.1#2",
        "rounds.1#3", "group.conv1#3", "group.conv1#4",
    ]  # fmt: skip
    assert feeds(found, "add1") == ["group.conv1#4", "block.1"]


def test_reuse_within_a_block_starts_at_the_block() -> None:
    found = graph("- b\n- b", "blocks: {b: {layers: [{conv: 4, kernel: 1, name: c}, {reuse: c}]}}")
    assert list(found.nodes) == ["b1.c", "b1.c#2", "b2.c", "b2.c#2"]


@pytest.mark.parametrize("layers", [
    "- {conv: 4, kernel: 3, name: c}\n- {reuse: d}",
    "- {reuse: c}\n- {conv: 4, kernel: 3, name: c}",
    "- {conv: 5, kernel: 3, name: c}\n- {reuse: c}",  # its weights would have another shape
    "- {layers: [{conv: 4, kernel: 1}, {reuse: g}], name: g}",  # inside itself
    "- {residual: [relu], name: r}\n- {reuse: r.add1}",  # no module
    "- {parameter: [4, 8, 8], name: p}\n- {reuse: p}",
    "- {layer_scale: 0.1, name: p}\n- {reuse: p}",
])  # fmt: skip
def test_what_cannot_be_reused(layers: str) -> None:
    assert code(layers) == "BAD_REUSE"


@pytest.mark.parametrize("option", ["activation: relu", "init: {weight: zeros}", "freeze: true", "tie: {weight: a}"])
def test_a_reuse_changes_nothing(option: str) -> None:
    assert code(f"- {{conv: 4, kernel: 1, name: c}}\n- {{reuse: c, {option}}}") == "CONFLICTING_KEYS"


def test_tie() -> None:
    layers = "- {linear: 9, name: a}\n- {linear: 8, name: b, tie: {weight: a.weight}}"
    assert only(spec(layers, input="[8]")).code.name == "BAD_TIE"  # [9, 8] and [8, 9]
    found = graph(layers.replace("9", "8"), input="[8]")
    assert found.nodes["b"].ties == {"weight": "a.weight"}
    assert code(layers.replace("a.weight", "a.wieght").replace("9", "8"), input="[8]") == "BAD_TIE"
    assert code(layers.replace("{weight:", "{wieght:").replace("9", "8"), input="[8]") == "BAD_TIE"
    assert code("- {linear: 8, name: a, tie: {weight: a.weight}}", input="[8]") == "BAD_TIE"
    ring = "- {linear: 8, name: a, tie: {weight: b.weight}}\n- {linear: 8, name: b, tie: {weight: a.weight}}"
    assert code(ring, input="[8]") == "BAD_TIE"
    chain = "- {linear: 8, name: a}\n" + "\n".join(
        f"- {{linear: 8, name: {n}, tie: {{weight: {m}.weight}}}}" for m, n in ("ab", "bc")
    )
    assert graph(chain, input="[8]").nodes["c"].ties == {"weight": "b.weight"}


def test_a_buffer_cannot_be_tied() -> None:
    layers = "- {batch_norm, name: a}\n- {batch_norm, name: b, tie: {running_mean: a.running_mean}}"
    assert code(layers) == "BAD_TIE"


def test_parameters_are_sources() -> None:
    layers = "- {parameter: [1, 8, 8], name: token}\n- concat: [token, input]"
    found = graph(layers)
    assert out(found) == (5, 8, 8)
    assert found.state_dict["token"].shape == (1, 1, 8, 8)
    assert paths(
        graph(
            "- {relu: , name: r}\n- {parameter: $x.shape}\n- {add: , from: [r, p]}".replace("shape}", "shape, name: p}")
        )
    )


def test_init() -> None:
    layers = """
    - init: {conv: {weight: {kaiming_normal: {mode: fan_out, nonlinearity: relu}}, bias: 0.5}}
      layers:
        - {conv: 4, kernel: 1}
        - {conv: 4, kernel: 1, init: {weight: zeros}}
        - {batch_norm, init: {weight: {uniform: [0, 1]}}}
    - {conv: 4, kernel: 1}
    """
    nodes = graph(layers).nodes
    assert {w: i.function for w, i in nodes["conv1"].initialisers.items()} == {
        "weight": "kaiming_normal",
        "bias": "constant",
    }
    assert {w: i.function for w, i in nodes["conv2"].initialisers.items()} == {"weight": "zeros", "bias": "constant"}
    assert nodes["batch_norm1"].initialisers["weight"].arguments == {"a": 0, "b": 1}
    assert nodes["conv3"].initialisers == {}


def test_init_sees_what_flows_in() -> None:
    layers = """
    - {conv: 4, kernel: 1, init: {weight: {normal: [0, "$(1 / x.channels)"]}, bias: $(input.channels)}}
    - init: {conv: {weight: {constant: $(x.channels)}}}
      layers: [{conv: 6, kernel: 1}, {conv: 8, kernel: 1}]
    """
    nodes = graph(layers).nodes
    channels = nodes["conv1"].inputs[0].shape[0]
    assert nodes["conv1"].initialisers["weight"].arguments == {"mean": 0, "std": 1 / channels}
    assert nodes["conv1"].initialisers["bias"].arguments == {"val": channels}
    assert [nodes[key].initialisers["weight"].arguments["val"] for key in ("conv2", "conv3")] == [4, 4]


@pytest.mark.parametrize("init", [
    "{wieght: zeros}", "{weight: zeroes}", "{weight: {normal: [0, 1, 2]}}", "{weight: {normal: {men: 0}}}",
    "{weight: {normal: wide}}", "{weight: {kaiming_normal: {mode: out}}}", "{weight: constant}", "{weight: [1, 2]}",
    "{weight: }", "{weight: true}", "{running_mean: zeros}",
])  # fmt: skip
def test_bad_initialisers(init: str) -> None:
    assert code(f"- {{conv: 4, kernel: 1, init: {init}}}") == "BAD_INIT"


def test_bad_initialisers_of_a_group() -> None:
    assert code("- {layers: [{conv: 4, kernel: 1}], init: {weight: zeros}}") == "BAD_INIT"
    assert code("- {layers: [{conv: 4, kernel: 1}], init: {conv: {wieght: zeros}}}") == "BAD_INIT"
    assert code("- {layers: [{conv: 4, kernel: 1}], init: {conv: zeros}}") == "BAD_INIT"
    assert code("- {relu: , init: {weight: zeros}}") == "BAD_INIT"


COMPACT = "conv: 2, kernel: 5, connections: [[0, 1, 2], [1, 2, 3]]"


@pytest.mark.parametrize(
    ("entry", "input"),
    [
        # torch reads [pairs, *kernel] as [out, in, *kernel], and so a fan of 25 where it is 75
        (f"{COMPACT}, init: {{weight: kaiming_normal}}", "[4, 8, 8]"),
        ("conv: 2, kernel: 5, connections: [[0, 1], [2]], init: {weight: eye}", "[4, 8]"),
        ("conv: 2, kernel: 3, bias: unshared, init: {bias: kaiming_normal}", "[4, 8, 8]"),
        ("conv: 2, kernel: 3, init: {bias: kaiming_normal}", "[4, 8, 8]"),
        ("conv: 2, kernel: 3, init: {weight: eye}", "[4, 8, 8]"),
        ("conv: 2, kernel: 3, init: {weight: {sparse: 0.5}}", "[4, 8, 8]"),
        ("linear: 4, init: {weight: dirac}", "[4]"),
        ("locally_connected: 2, kernel: 3, init: {weight: {kaiming_normal: {mode: fan_out}}}", "[4, 8, 8]"),
        ("locally_connected: 2, kernel: 3, init: {weight: xavier_uniform}", "[4, 8, 8]"),
        ("locally_connected: 2, kernel: 3, init: {weight: dirac}", "[4, 8, 8]"),
        ("locally_connected: 2, kernel: 3, init: {bias: orthogonal}", "[4, 8, 8]"),
        ("subsample: 2, init: {weight: kaiming_normal}", "[4, 8, 8]"),
        ("batch_norm: , init: {weight: xavier_normal}", "[4, 8, 8]"),
        ("layer_norm: , axis: 0, init: {weight: orthogonal}", "[4, 8, 8]"),
        ("rms_norm: , axis: 0, init: {weight: orthogonal}", "[4, 8, 8]"),
        ("layer_scale: 0.1, init: {weight: kaiming_uniform}", "[4, 8, 8]"),
        ("parameter: [4, 6], init: {weight: xavier_uniform}", "[4, 8, 8]"),  # kept as [1, 4, 6]
    ],
)
def test_initialisers_that_do_not_fit_the_weight(entry: str, input: str) -> None:
    found = only(spec(f"- {{{entry}}}", input=input))
    assert (found.code.name, "does not fit" in found.message) == ("BAD_INIT", True)
    assert found.found
    assert found.expected
    assert found.help


def test_initialisers_of_a_group_fit_each_layer() -> None:
    around = "init: {conv: {weight: kaiming_normal}}"
    ordinary = "{conv: 4, kernel: 1}"
    layers = f"- layers:\n  - {ordinary}\n  - {{{COMPACT}}}\n  {around}"
    found = only(spec(layers))
    assert (found.code.name, found.span and found.span.line) == ("BAD_INIT", 8)
    own = layers.replace("]]}", "]], init: {weight: {normal: [0, 0.1]}}}")
    assert [n.initialisers["weight"].function for n in graph(own).nodes.values()] == ["kaiming_normal", "normal"]


@pytest.mark.parametrize(
    ("entry", "input"),
    [
        ("locally_connected: 2, kernel: 3, init: {weight: kaiming_normal}", "[4, 8, 8]"),  # its rows are kernels
        ("conv: 4, kernel: 3, init: {weight: dirac}", "[4, 8, 8]"),
        ("conv: 4, kernel: 3, bias: unshared, init: {weight: orthogonal}", "[4, 8, 8]"),
        ("conv_transpose: 4, kernel: 3, init: {weight: {kaiming_normal: {mode: fan_out}}}", "[4, 8, 8]"),
        ("linear: 4, init: {weight: eye}", "[4]"),
        ("rbf: 4, init: {centers: xavier_uniform}", "[4]"),
        ("lstm: 4, init: {weight_hh_l0: orthogonal}", "[5, 4]"),
        ("attention: 2, init: {in_proj_weight: xavier_uniform}", "[5, 4]"),
    ],
)
def test_initialisers_that_fit_the_weight(entry: str, input: str) -> None:
    [node] = graph(f"- {{{entry}}}", input=input).nodes.values()
    assert node.initialisers


def test_freeze() -> None:
    layers = """
    - freeze: true
      layers: [{conv: 4, kernel: 1}, b, {conv: 4, kernel: 1, freeze: false}]
    - {conv: 4, kernel: 1, freeze: $f}
    """
    found = graph(layers, "params: {f: true}\nblocks: {b: {layers: [batch_norm]}}")
    assert [node.frozen for node in found.nodes.values()] == [True, True, False, True]
