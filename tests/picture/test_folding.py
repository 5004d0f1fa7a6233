"""Alike rounds are drawn once, with their number; rounds that are wired otherwise are not."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.analysis import analyze
from netspec.picture.building import scene
from netspec.picture.scene import Box

HEAD = "netspec: 1\nname: net\ninput: [8, 8, 8]\n"


def boxes(text: str, level: int = 99) -> list[Box]:
    return [each for each in scene(analyze(api.elaborate(api.loads(HEAD + text))), level).boxes if each.keys]


def told(text: str) -> list[tuple[str, int]]:
    return [(box.path, box.times) for box in boxes(text)]


def test_rounds_with_equal_options_are_one() -> None:
    assert told("layers:\n  - {conv: 8, kernel: 3, padding: 1, repeat: 5}\n  - relu\n") == [("conv1", 5), ("relu1", 1)]


def test_rounds_of_other_widths_are_drawn_one_by_one() -> None:
    text = "layers:\n  - {conv: $w, kernel: 1, repeat: [4, 5, 6], as: w}\n"
    assert told(text) == [("conv1", 1), ("conv2", 1), ("conv3", 1)]


def test_rounds_that_grow_are_alike() -> None:
    """A DenseNet's: each takes more channels than the one before, and says the first and the last shape."""
    text = (
        "blocks:\n  dense:\n    layers:\n"
        "      - residual: [{conv: 4, kernel: 3, padding: 1}]\n        merge: concat\n"
        "layers:\n  - {dense: , repeat: 6}\n"
    )
    (conv, concat) = boxes(text)
    assert (conv.times, concat.times) == (6, 6)
    (folded,) = boxes(text, level=1)
    assert folded.lines[0] == "12×8×8 … 32×8×8"


def test_a_round_that_others_take_from_stands_apart() -> None:
    """The second round's result is taken by name later: folded into a number it could not be."""
    text = (
        "layers:\n  - {conv: 8, kernel: 1, name: a}\n  - {conv: 8, kernel: 1, name: b}\n  - {add: [a, b]}\n  - relu\n"
    )
    assert [times for _, times in told(text)] == [1, 1, 1, 1]


def test_shared_weights_are_not_folded_with_others() -> None:
    text = (
        "blocks:\n  step:\n    layers: [{conv: 8, kernel: 1}]\n"
        "layers:\n  - {step: , name: s}\n  - {reuse: s, repeat: 3}\n"
    )
    found = boxes(text)
    assert sum(box.times for box in found) == 4
    assert found[0].times == 1


PARALLEL = """\
blocks:
  m: {layers: [{linear: 8}, relu]}
layers:
  - {m: , from: input, name: k}
  - {m: , from: input, name: v}
  - add: [k, v]
"""


def test_calls_side_by_side_are_no_chain() -> None:
    """Both take the input: drawn as one with its number, they would look as if the second took what the first gives."""
    chain = PARALLEL.replace("{m: , from: input, name: v}", "{m: , name: v}").replace("[k, v]", "[v, v]")
    assert [times for _, times in told(PARALLEL)] == [1, 1, 1, 1, 1]
    assert [times for _, times in told(chain)] == [2, 2, 1]


@pytest.mark.parametrize(("count", "times"), [(2, [1, 1]), (4, [1] * 4), (5, [5]), (64, [64])])
def test_alike_branches_are_one_where_they_are_many(count: int, times: list[int]) -> None:
    text = f"layers:\n  - parallel:\n      - {{conv: 4, kernel: 1, repeat: {count}}}\n    merge: concat\n"
    assert [times for _, times in told(text)] == [*times, 1]
    written = text.replace(f", repeat: {count}}}", "}" + "\n      - {conv: 4, kernel: 1}" * (count - 1))
    assert [times for _, times in told(written)] == [*times, 1]


def fork(*options: str, merge: str = "concat") -> str:
    """Branches of a convolution each, with these options."""
    written = "".join(f"      - {{conv: 4, kernel: 1{each}}}\n" for each in options)
    return f"layers:\n  - {{conv: 8, kernel: 1, name: stem}}\n  - parallel:\n{written}    merge: {merge}\n"


APART = {
    "other options": fork(*["", ", bias: false"] * 3),
    "other sources": fork(*["", ", from: input"] * 3),
    "another shape in each": fork(*[f", stride: {n}" for n in (1, 2, 4, 8, 5)], merge="none")
    + "    to: [a, b, c, d, e]\n",
    "each joined by name": fork(*[""] * 5, merge="none") + "    to: [a, b, c, d, e]\n  - {concat: [e, b, c, d, a]}\n",
}


@pytest.mark.parametrize("case", APART)
def test_branches_that_differ_are_drawn_one_by_one(case: str) -> None:
    outputs = "outputs: {a: a, b: b, c: c, d: d, e: e}\n" if "shape" in case else ""
    assert {times for _, times in told(APART[case] + outputs)} == {1}


def test_a_repeat_of_one_layer_in_another_multiplies() -> None:
    (box,) = boxes("layers:\n  - {repeat: 4, layers: [{conv: 8, kernel: 1, repeat: 3}]}\n")
    assert (box.times, box.text[0]) == (12, "conv 1×1, 8 ×12")


WITH_MEMORY = """\
blocks:
  layer:
    inputs: [x, memory]
    layers: [{add: [x, memory], name: both}, {linear: 8}]
layers:
  - {linear: 8, name: memory}
  - {tanh: , name: begun}
  - {layer: , from: [begun, memory], repeat: 3, name: layers}
"""


def test_what_all_rounds_take_is_named() -> None:
    (*_, add, linear) = boxes(WITH_MEMORY)
    assert (add.times, linear.times) == (3, 3)
    (_, _, *folded) = boxes(WITH_MEMORY, level=2)
    assert [box.text[0] for box in folded] == ["layer ×3, memory in each"]


def test_what_the_first_round_takes_twice_cannot_be_told_from_what_all_take() -> None:
    text = WITH_MEMORY.replace("[begun, memory]", "[begun, begun]").replace("{linear: 8, name: memory}", "linear: 8")
    assert [times for _, times in told(text)] == [1, 1, 1, 1, 2, 2]


def test_a_last_round_that_gives_more_stands_apart() -> None:
    """Its first result is taken, too: what leaves the others goes on alone."""
    block = "blocks:\n  b:\n    outputs: [one, two]\n    layers: [{linear: 8, name: two}, {linear: 8, name: one}]\n"
    calls = "".join(f"  - {{b: , from: {x}, to: [{x}1, {x}2], name: {x}_}}\n" for x in ("input", "input1", "input11"))
    text = f"{block}layers:\n{calls}  - {{add: [input111, input112]}}\n"
    assert [times for _, times in told(text)] == [2, 2, 1, 1, 1]


def test_nested_repeats_multiply() -> None:
    text = "blocks:\n  inner:\n    layers: [{conv: 8, kernel: 1, repeat: 3}, relu]\nlayers:\n  - {inner: , repeat: 4}\n"
    assert [box.times for box in boxes(text)] == [12, 4]
    assert [box.repeated for box in boxes(text)] == [3, 1]


def test_rounds_that_alternate_are_folded_in_pairs() -> None:
    """A Swin transformer's: every other block moves its windows."""
    text = "layers:\n  - {conv: 8, kernel: $(1 if i % 2 == 0 else 3), padding: $(i % 2), repeat: 6}\n  - relu\n"
    assert told(text) == [("conv1", 3), ("conv2", 3), ("relu1", 1)]
    assert [times for _, times in told(text.replace("repeat: 6", "repeat: 3"))] == [1, 1, 1, 1]


def test_a_round_too_many_stands_behind_the_pairs() -> None:
    text = "layers:\n  - {conv: 8, kernel: $(1 if i % 2 == 0 else 3), padding: $(i % 2), repeat: 5}\n"
    assert told(text) == [("conv1", 2), ("conv2", 2), ("conv5", 1)]


def test_a_constants_number_stands_in_its_title() -> None:
    made = "{constant: 0.5, shape: [8, 8, 8], name: a}, {constant: [1.0, 2.0], name: b}, {add: [input, a], name: sum}"
    (a, b, _) = boxes(f"layers: [{made}]\noutputs: {{sum: sum, pair: b}}\n")
    assert [box.title for box in (a, b)] == ["constant 0.5", "constant"]
