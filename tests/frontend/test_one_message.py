"""One mistake, one message: rounds and calls say a thing once, and what depends on an error is left out."""

from __future__ import annotations

import pytest
import torch

import netspec
from netspec import api
from netspec.diagnostics import Diagnostic

HEAD = "netspec: 1\nname: n\ninput: [3, 16, 16]\n"


def errors(text: str) -> list[Diagnostic]:
    return [each for each in netspec.check("n.yaml", text=HEAD + text) if each.severity == "error"]


def test_a_name_that_no_round_can_bear_is_told_once() -> None:
    (error,) = errors("layers:\n  - repeat: 16\n    layers:\n      - {conv: 3, kernel: 1, name: block$(i + 1)-0}\n")
    assert error.message == "`block1-0` cannot name a module"
    assert [each.note for each in error.related] == ["and 15 more in other rounds or calls, with other numbers"]


def test_what_fails_in_every_round_with_other_numbers_is_told_once() -> None:
    body = "{conv: $(4 * i + 4), kernel: 3, groups: 3, from: input}, {relu: }"
    (error,) = errors(f"layers:\n  - repeat: 20\n    layers: [{body}]\n")
    assert error.code.number == "NS0303"
    assert "more in other rounds" in error.related[-1].note


def test_calls_of_a_block_say_it_once() -> None:
    (error,) = errors(
        "blocks: {b: {params: {out: int}, layers: [{conv: $out, kernel: 40}]}}\n"
        "layers: [{b: 4, from: input}, {b: 5, from: input}, {b: 6, from: input}]\n"
    )
    assert error.code.number == "NS0302"


def test_two_mistakes_of_one_place_are_two_messages() -> None:
    found = errors("layers: [{conv: 4, kernl: 3, strid: 2}, {upsample: , mode: nearst}]\n")
    assert [each.code.number for each in found] == ["NS0205", "NS0205", "NS0203"]


@pytest.mark.parametrize(
    "entry",
    [
        "{merge: concat, residual: [relu]}",
        "{skip: false, residual: [relu]}",
        "{axis: 0, parallel: [relu, tanh]}",
        "{kernel: 3, conv: 4}",
        "{stride: 2, name: c, max_pool: 2}",
        "{kernel_size: 3, conv: 4}",
        "{factor: 2, unit: 4}",
    ],
)
def test_an_operation_behind_its_options_is_asked_to_come_first(entry: str) -> None:
    blocks = "blocks: {unit: {params: {out: int, factor: 1}, layers: [{conv: $(out * factor), kernel: 1}]}}\n"
    error = errors(f"{blocks}layers: [{entry}]\n")[0]
    assert error.code.number == "NS0204"
    assert "first: the first key of an entry is its operation" in (error.help or "")


@pytest.mark.parametrize(
    "text",
    [
        'blocks: {uncalled: {params: {w: 4}, layers: [{conv: "$(w + * 2)", kernel: 1}]}}\nlayers: [relu]\n',
        'layers: [relu, {conv: 4, kernel: "$(1 +)", when: false}]\n',
        'layers: [relu, {layers: [{pad: [["$(1 +)", 0], [0, 0]]}], when: false}]\n',
        'layers: [relu, {residual: [relu], skip: "$(not)", when: false}]\n',
    ],
)
def test_an_expression_that_cannot_be_read_is_told_where_nobody_computes_it(text: str) -> None:
    assert [each.code.number for each in errors(text)] == ["NS0401"]


def test_a_default_that_sets_a_type_is_named_at_the_call() -> None:
    block = "{params: {out: int, padding: 0}, layers: [{conv: $out, kernel: 3, padding: $padding}]}"
    (error,) = errors(f"blocks: {{b: {block}}}\nlayers: [{{b: 4, padding: [1, 2]}}]\n")
    assert (error.found, error.expected) == ("the list [1, 2]", "an integer")
    assert (error.help or "").startswith("`padding` is an integer because its default is 0; `padding: int | list = 0`")


def test_a_parameter_of_two_types_takes_both() -> None:
    block = "{params: {out: int, padding: int | list}, layers: [{conv: $out, kernel: 3, padding: $padding}]}"
    text = f"blocks: {{b: {block}}}\nlayers: [{{b: 4, padding: [1, 2]}}, {{b: 5, padding: 1}}]\n"
    assert errors(text) == []
    assert api.compile(api.loads(HEAD + text, name="n.yaml"))(torch.rand(1, 3, 16, 16)).shape == (1, 5, 16, 18)
    (error,) = errors(text.replace("padding: 1}]", "padding: wide}]"))
    assert error.expected == "an integer or a list"


def test_a_number_that_an_expression_gives_is_a_name() -> None:
    text = "layers:\n  - repeat: 3\n    layers:\n      - {conv: 3, kernel: 1, name: $i}\n"
    spec = api.loads(HEAD + text, name="n.yaml")
    assert list(spec.graph.nodes) == ["0", "1", "2"]
    assert [*api.compile(spec).state_dict()][:2] == ["0.weight", "0.bias"]


def test_the_index_is_of_the_entrys_own_rounds_or_of_none() -> None:
    inner = "{conv: 3, kernel: 1, repeat: 2, name: c$i}"
    (error,) = errors(f"layers:\n  - repeat: 3\n    layers: [{inner}]\n")
    assert (error.code.number, error.message) == ("NS0403", "`i` is not known here")
    assert "let: {outer: $i}" in (error.help or "")
    outer = inner.replace("c$i", "c$outer")
    text = f"layers:\n  - repeat: 3\n    let: {{outer: $i}}\n    layers: [{outer}]\n"
    assert list(api.loads(HEAD + text, name="n.yaml").graph.nodes) == ["c0.0", "c0.1", "c1.0", "c1.1", "c2.0", "c2.1"]


GROUPS = """layers:
  - {conv: 4, kernel: 1, name: stem}
  - name: a.b
    layers:
      - {conv: 4, kernel: 1, name: c.d}
      - {layers: [{conv: 4, kernel: 1, name: f}, relu], name: e}
  - {conv: 4, kernel: 1, name: a.g}
"""


@pytest.mark.parametrize("reference", ["a.b", "a.b.c.d", "a.b.e", "a.b.e.f", "a.g", "stem"])
def test_groups_with_dotted_names_are_reached_into(reference: str) -> None:
    text = f"{GROUPS}  - {{add: [stem, {reference}], name: both}}\n"
    assert errors(f"{text}  - {{add: [both, a.g]}}\n") == []
    text += f"outputs: {{one: {reference}, two: both, three: a.g}}\n"
    spec = api.loads(HEAD + text, name="n.yaml")
    module = api.compile(spec)
    found = module(torch.rand(1, 3, 16, 16))
    assert set(found) == {"one", "two", "three"}


def test_a_dotted_name_that_is_not_there_is_not_proposed_for_itself() -> None:
    (error,) = errors(f"{GROUPS}  - {{add: [stem, a.b.x]}}\n")
    assert error.code.number == "NS0501"
    assert "did you mean `a.b.x`" not in (error.help or "")


def test_dotted_names_are_tied_reused_and_frozen() -> None:
    text = (
        f"{GROUPS}"
        "  - {reuse: a.g, from: stem, name: again}\n"
        "  - {conv: 4, kernel: 1, from: a.b, name: t.u, tie: {weight: a.b.e.f.weight}, freeze: true}\n"
        "  - {add: [again, t.u, a.g]}\n"
    )
    assert errors(text) == []
    module = api.compile(api.loads(HEAD + text, name="n.yaml"))
    assert module.get_parameter("t.u.weight") is module.get_parameter("a.b.e.f.weight")
    assert not module.get_parameter("t.u.bias").requires_grad
    loaded = api.compile(api.loads(HEAD + text, name="n.yaml"))
    loaded.load_state_dict(module.state_dict())
    x = torch.rand(1, 3, 16, 16)
    assert torch.equal(loaded(x), module(x))
