"""Every text of a spec that becomes a name is checked where it stands."""

from __future__ import annotations

import pytest

from netspec import api
from netspec.diagnostics import Code, NetspecError

CODE = "vars()['q' if __import__('os').system('touch ran') else 'q']"

PLACES = {
    "to": "layers: [{chunk: 2, to: [a, NAME]}, {concat: [a, NAME]}]",
    "to of a branch": "layers: [{parallel: [relu, tanh], merge: none, to: [a, NAME]}, {add: [a, NAME]}]",
    "name": "layers: [{relu: , name: NAME}]",
    "the part of a name": "layers: [{relu: , name: NAME.a}]",
    "an output": "layers: [{relu: , name: a}]\noutputs: {NAME: a}",
    "an input": "layers: [{relu: , from: NAME}]\ninputs: {NAME: [4]}",
    "a branch": "layers: [{parallel: {NAME: [relu], b: [tanh]}}]",
    "an empty branch": "layers: [{parallel: {NAME: [], b: [tanh]}}]",
    "a param": "layers: [relu]\nparams: {NAME: 1}",
    "a let": "layers: [relu]\nlet: {NAME: 1}",
    "a let of an entry": "layers: [{relu: , let: {NAME: 1}}]",
    "a block's let": "layers: [b]\nblocks: {b: {let: {NAME: 1}, layers: [relu]}}",
    "a block's param": "layers: [b]\nblocks: {b: {params: {NAME: 1}, layers: [relu]}}",
    "a block": "layers: [NAME]\nblocks: {NAME: {layers: [relu]}}",
    "a block's input": (
        "layers: [{b, from: [input, input]}]\nblocks: {b: {inputs: [a, NAME], layers: [{add: [a, NAME]}]}}"
    ),
    "a block's output": "layers: [b]\nblocks: {b: {outputs: {NAME: a}, layers: [{relu: , name: a}]}}",
    "as": "layers: [{relu: , repeat: [1, 2], as: NAME}]",
    "the network": "layers: [relu]\nname: NAME",
    "a tensor": (
        "layers: [{module: TransformerEncoderLayer, args: {d_model: 8, nhead: 2}, weights: {NAME: [2]}}]\ninput: [2, 8]"
    ),
}

FREER = ("an output", "a block's output", "the network")
"""Keys of dicts, and what a class's name is made of: two `_` first mean nothing there."""

HOSTILE = {
    "code": CODE,
    "a call": "print()",
    "a line end": "a\nimport os",
    "a comment": "a # b",
    "letters that Python reads as others": "ｅval",
    "other letters": "größe",
    "a sign that is not seen": "a\u200bb",
    "a space": "a b",
    "a quote": "a'b",
    "braces": "{{a}}",
    "an attribute of every object": "__class__",
}


def spec(place: str, name: str) -> str:
    written = '"' + name.replace("\n", "\\n") + '"'
    text = PLACES[place].replace("NAME.a", written[:-1] + '.a"').replace("NAME", written)
    head = ["netspec: 1"]
    head += [] if "\nname:" in text else ["name: n"]
    head += [] if "\ninput" in text else ["input: [4, 4]"]
    return "\n".join([*head, text]) + "\n"


@pytest.mark.parametrize("place", PLACES)
def test_a_plain_name_is_taken(place: str) -> None:
    api.elaborate(api.loads(spec(place, "plain")))


CASES = [(p, h) for p in PLACES for h in HOSTILE if (p, HOSTILE[h]) not in {(free, "__class__") for free in FREER}]


@pytest.mark.parametrize(("place", "hostile"), CASES)
def test_what_is_no_name_is_refused_where_it_stands(place: str, hostile: str) -> None:
    text = spec(place, HOSTILE[hostile])
    with pytest.raises(NetspecError) as raised:
        api.elaborate(api.loads(text))
    first = raised.value.diagnostics[0]
    assert first.code is Code.BAD_NAME
    assert first.span is not None
    assert first.expected is not None


@pytest.mark.parametrize("target", ["__class__", "min", "true", "self", "größe"])
def test_a_comprehension_calls_its_value_by_a_plain_name(target: str) -> None:
    text = f"netspec: 1\nname: n\ninput: [4]\nlayers:\n  - linear: $(sum([{target} for {target} in [1, 2]]))\n"
    with pytest.raises(NetspecError, match=r"NS040[23]"):
        api.elaborate(api.loads(text))
