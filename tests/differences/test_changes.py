"""What `netspec diff` finds: every change, none twice, and as a person would tell it."""

import itertools
import json
from random import Random

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.differences import Difference
from netspec.differences.parts import Forms
from netspec.report.change_sentences import sentence, value_text
from netspec.report.difference import difference as document
from netspec.report.writers import written
from tests.random_specs.generate import random_spec
from tests.steps import steps

HEAD = "netspec: 1\nname: net\ninput: [3, 16, 16]\n"
BLOCKS = """\
blocks:
  unit:
    params: {width: int, norm: true}
    layers:
      - {conv: $width, kernel: 3, padding: 1, name: conv}
      - {batch_norm, when: $norm}
      - relu
"""
TWO = "layers:\n  - {unit: 8, name: one}\n  - {unit: 16, name: two}\n"


def spec(layers: str, blocks: str = "", head: str = HEAD) -> api.Spec:
    return api.loads(head + blocks + layers)


def told(difference: Difference) -> list[str]:
    return [sentence(group) for group in difference.groups]


def changed(before: str, after: str) -> list[str]:
    return told(api.diff(spec(f"layers: {before}\n"), spec(f"layers: {after}\n")))


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (("resnet50", "resnet101"), ["layer3: 6 -> 23 bottleneck blocks (+19.0 M params, +3.71 G MACs)"]),
        (
            ("resnet50", "wide_resnet50_2"),
            [
                "conv1 and conv2 in all 16 bottleneck blocks (layer1 to layer4): out doubled: 64 -> 128, 128 -> 256, "
                "256 -> 512, 512 -> 1024 (+38.3 M params, +6.49 G MACs)",
                "sizes follow in 32 batch_norm and 16 conv (+5.04 M params, +822 M MACs)",
            ],
        ),
        (("vgg16", "vgg16_bn"), ["features: 13 batch_norm layers added (+8,448 params)"]),
        (
            ("vgg16", "vgg19"),
            ["features: 13 -> 16 conv layers, 13 -> 16 relu layers (+5.31 M params, +4.16 G MACs)"],
        ),
    ],
)
def test_what_a_person_would_say(pair, expected):
    assert told(api.diff(*map(api.load, pair))) == expected


def test_blocks_of_one_kind_become_others():
    found = told(api.diff(api.load("resnet18"), api.load("resnet50")))
    assert found[0] == "layer1: 2 basic blocks -> 3 bottleneck blocks (+67,840 params, +206 M MACs)"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("[{conv: 4, kernel: 3}]", "[{conv: 4, kernel: [3, 3]}]", []),
        ("[{conv: 4, kernel: 3}]", "[{conv: 4, kernel: 3, padding: 1}]", ["conv1: padding 0 -> 1 (+6,480 MACs)"]),
        ("[{conv: 4, kernel: 1}]", "[{conv: 4, kernel: 1, activation: relu}]", ["conv1: activation null -> relu"]),
        ("[{conv: 4, kernel: 1}]", "[{conv: 4, kernel: 1, freeze: true}]", ["conv1: freeze null -> true"]),
        ("[relu]", "[gelu]", ["network: 1 relu layer -> 1 gelu layer"]),
        ("[{relu, name: act}]", "[{gelu, name: act}]", ["act: relu -> gelu"]),
        ("[{relu, name: a}]", "[{relu, name: b}]", ["network: renamed a -> b"]),
        ("[relu]", "[relu, {dropout, name: drop}]", ["drop: dropout layer added"]),
        ("[relu, {dropout: 0.5, name: drop}]", "[relu]", ["drop: dropout layer removed"]),
        (
            "[{relu, name: a}, {tanh, name: b}, {add: [a, input], name: s}, {add: [s, b], name: t}]",
            "[{relu, name: a}, {tanh, name: b}, {add: [b, input], name: s}, {add: [s, a], name: t}]",
            ["s: reads other layers than before", "t: reads other layers than before"],
        ),
    ],
)
def test_single_changes(before, after, expected):
    assert changed(before, after) == expected


def test_an_argument_of_a_block_is_told_and_what_follows_from_it_is_not():
    wider = TWO.replace("16", "32")
    difference = api.diff(spec(TWO, BLOCKS), spec(wider, BLOCKS))
    assert told(difference) == ["two: width 16 -> 32 (+1,200 params, +295 K MACs)"]


def test_arguments_of_another_block_of_that_name_are_looked_into():
    other = BLOCKS.replace("      - relu\n", "      - gelu\n")
    difference = api.diff(spec(TWO, BLOCKS), spec(TWO.replace("16", "32"), other))
    assert told(difference) == [
        "all 2 unit blocks (one to two): 1 relu layer -> 1 gelu layer",
        "two.conv: out 16 -> 32 (+1,168 params, +295 K MACs)",
        "sizes follow in 1 batch_norm (+32 params)",
    ]


def test_a_condition_inside_a_block():
    difference = api.diff(spec(TWO, BLOCKS), spec(TWO.replace("unit: 8", "unit: 8, norm: false"), BLOCKS))
    assert told(difference) == ["one: norm true -> false (-16 params)"]


def test_inputs_outputs_and_params():
    head = HEAD.replace("input", "params: {classes: 10, width: 4}\ninput")
    layers = "layers: [flatten, {linear: $classes}]\n"
    before, after = spec(layers, head=head), spec(layers, head=head.replace("10", "5").replace("16, 16", "8, 8"))
    difference = api.diff(before, after)
    assert difference.params == {"classes": (10, 5)}
    assert difference.inputs == {"input": ((3, 16, 16), (3, 8, 8))}
    assert difference.outputs == {"output": ((10,), (5,))}


def test_a_smaller_input_alone_is_a_difference():
    layers = "layers: [relu]\n"
    difference = api.diff(spec(layers), spec(layers, head=HEAD.replace("16, 16", "8, 8")))
    assert not difference.is_same
    assert [change.kind for change in difference.changes] == ["resized"]


@pytest.mark.parametrize("name", api.zoo())
def test_a_network_is_the_same_as_itself(name):
    network = api.load(name)
    difference = api.diff(network, api.load(name))
    assert difference.is_same
    assert difference.weights.complete


PAIRS = list(itertools.permutations(["lenet", "lenet5_1998", "resnet18", "wide_resnet50_2", "googlenet", "vgg11"], 2))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_changes_add_up_to_the_difference(pair):
    difference = api.diff(*map(api.load, pair))
    before, after = difference.before, difference.after
    assert sum(each.params for each in difference.changes) == after.weights.total.params - before.weights.total.params
    assert sum(each.macs for each in difference.changes) == after.work.total - before.work.total
    grouped = [change for group in difference.groups for change in group.members]
    assert len(grouped) == len(difference.changes) == len(set(map(id, grouped)))


@pytest.mark.parametrize("seed", range(40))
def test_random_specs(seed):
    try:
        one, other = (api.loads(random_spec(Random(number))) for number in (seed, seed + 1000))
        difference = api.diff(one, other)
    except NetspecError:
        pytest.skip("netspec refuses one of them")
    before, after = difference.before, difference.after
    assert sum(each.params for each in difference.changes) == after.weights.total.params - before.weights.total.params
    assert sum(each.macs for each in difference.changes) == after.work.total - before.work.total
    assert written(document(difference), "text")
    assert json.loads(written(document(difference), "json"))["same"] is False
    assert api.diff(one, one).is_same


def test_forms_are_equal_where_parts_are_written_alike():
    root = Forms().tree(api.load("resnet50").graph)
    parts = {part.path: part for part in root.walk()}
    assert parts["layer1.1"].form == parts["layer1.2"].form != parts["layer1.0"].form
    assert parts["layer1.1"].form != parts["layer2.1"].form
    assert parts["layer2.1"].arguments == {"width": 128, "stride": 1}
    assert sum(not part.children for part in root.walk()) == len(api.load("resnet50").graph.nodes)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ((1, (2, None)), "[1, [2, null]]"),
        ({"a": 0.1}, "{a: 0.1}"),
        (1 / 3, "0.333333"),
        ("x\ny", "x y"),
        ("x" * 50, "x" * 40 + "..."),
    ],
)
def test_values_as_text(value, text):
    assert value_text(value) == text


def test_numbers_that_differ_are_not_rounded_alike() -> None:
    found = changed("[{leaky_relu: 0.1000000001}]", "[{leaky_relu: 0.1}]")
    assert found == ["leaky_relu1: negative_slope 0.1000000001 -> 0.1"]


def test_what_changed_can_be_printed() -> None:
    found = api.diff(api.load("resnet50"), api.load("resnet50", classes=10))
    assert repr(found.changes).startswith("(Change(kind='changed', before=Part(name='fc', path='fc'")
    assert len(repr(found.changes)) < 600
    assert len(repr(found.after.graph)) < 600


def test_parts_of_a_module_are_counted_once_however_many_came() -> None:
    """Counting them for each again takes the square of their number."""
    few, many = (api.loads(f"{HEAD}layers: [{{repeat: {n}, layers: [relu, {{dropout: 0.1}}]}}]\n") for n in (1, 3000))
    with steps(6_000_000):
        text = written(document(api.diff(few, many)), "text")
    assert "3,000" in text or "3000" in text
