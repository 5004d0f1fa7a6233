"""The JSON Schema: what it lets pass and what it refuses."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netspec import api
from netspec.frontend import source
from netspec.layers import registry

jsonschema = pytest.importorskip("jsonschema")

SPECS = sorted(Path(__file__).parent.glob("specs/*.yaml"))
HEAD = "netspec: 1\nname: n\ninput: [3, 8, 8]\n"
BROKEN = {
    "an unknown key": HEAD + "layer: [relu]",
    "no name": "netspec: 1\ninput: [3, 8, 8]\nlayers: [relu]",
    "another version": "netspec: 2\nname: n\ninput: [3, 8, 8]\nlayers: [relu]",
    "layers that are no list": HEAD + "layers: relu",
    "an entry that is a number": HEAD + "layers: [3]",
    "an empty entry": HEAD + "layers: [{}]",
    "a misspelt option": HEAD + "layers: [{conv: 8, kernal: 3}]",
    "a missing option": HEAD + "layers: [{conv: 8}]",
    "a missing main argument": HEAD + "layers: [{conv: , kernel: 3}]",
    "an option of the wrong type": HEAD + "layers: [{conv: 8, kernel: wide}]",
    "a wrong choice": HEAD + "layers: [{conv: 8, kernel: 3, padding_mode: mirror}]",
    "an option of a layer that needs none": HEAD + "layers: [{batch_norm: , eps: small}]",
    "a misspelt option of a structure": HEAD + "layers: [{residual: [relu], skp: false}]",
    "a wrong merge": HEAD + "layers: [{parallel: [relu, tanh], merge: sum}]",
    "a wrong repeat": HEAD + "layers: [{layers: [relu], repeat: -1}]",
    "an unknown activation": HEAD + "layers: [{conv: 8, kernel: 3, activation: rellu}]",
    "a side branch of another kind": HEAD + "layers: [{conv: 8, kernel: 3, only: eval}]",
    "a deep error": HEAD + "layers: [{parallel: {a: [{residual: [{linear: 3, bais: false}]}]}}]",
    "a block's error": HEAD + "blocks: {b: {layers: [{conv: 8, kernal: 3}]}}\nlayers: [b]",
    "a block's unknown key": HEAD + "blocks: {b: {param: {}, layers: [relu]}}\nlayers: [b]",
    "an empty input": "netspec: 1\nname: n\ninput: {dtype: int64}\nlayers: [relu]",
    "an unknown dtype": "netspec: 1\nname: n\ninput: {shape: [3], dtype: int7}\nlayers: [relu]",
}
SOUND = {
    "options as expressions": HEAD + 'layers: [{conv: "$(4 * 2)", kernel: [$k, 3], bias: $b}]',
    "a block's own options": HEAD + "layers: [{my_block: 64, anything: [1, 2], dropout: 0.2}]",
    "an option that is another layer's name": HEAD + "layers: [{softplus: , threshold: 20.0}]",
    "an expression as operation": HEAD + "layers: [$act, {$act: , name: a}]",
    "a merge with its inputs": HEAD + "layers: [{add: [a, b]}, {concat: [a, b], axis: 1}]",
    "null that removes": "netspec: 1\nname: n\nextends: lenet\nbudget: null\nblocks: {b: null}",
    "several inputs": "netspec: 1\nname: n\ninputs: {a: [3], b: {shape: [$n], dynamic: [0]}}\nlayers: [{add: [a, b]}]",
    "names and targets": HEAD + "layers: [{relu: , name: 7, from: 3, to: [a]}, {relu: , from: [a, 1]}]",
    "an activation with options": HEAD + "layers: [{conv: 8, kernel: 3, activation: {leaky_relu: 0.2}}]",
    "a layer's main as an option": HEAD + "layers: [{conv: , out: 8, kernel: 3}]",
}


@cache
def validator() -> Any:
    schema = api.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def valid(text: str) -> bool:
    return bool(validator().is_valid(source.parse(text).data))


@pytest.mark.parametrize("name", api.zoo())
def test_the_zoo_is_valid(name: str) -> None:
    assert list(validator().iter_errors(source.parse(api.zoo_text(name)).data)) == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_networks_of_the_language_are_valid(spec: Path) -> None:
    assert list(validator().iter_errors(source.read(spec).data)) == []


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_sound_texts_are_valid(text: str) -> None:
    assert valid(text)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_broken_texts_are_not(text: str) -> None:
    assert not valid(text)


@pytest.mark.parametrize("op", registry())
def test_every_example_of_a_layer_is_valid(op: str) -> None:
    for example in registry()[op].examples:
        options = {key: list(v) if isinstance(v, tuple) else v for key, v in example.options.items()}
        entry = {op: options.pop(registry()[op].main or "", None), **options}
        document = {"netspec": 1, "name": "n", "input": [1], "layers": [_lists(entry)]}
        assert list(validator().iter_errors(document)) == []


def _lists(value: Any) -> Any:
    """Tuples as the lists that a text has."""
    if isinstance(value, dict):
        return {key: _lists(each) for key, each in value.items()}
    return [_lists(each) for each in value] if isinstance(value, (list, tuple)) else value


def test_every_layer_has_a_hover_text() -> None:
    entry = api.schema()["$defs"]["entry"]["anyOf"][1]["properties"]
    assert all(len(entry[op]["description"]) > 20 for op in registry())
