"""The JSON Schema: what it lets pass and what it refuses."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.frontend import source
from netspec.layers import registry
from netspec.layers.glossary import option_words
from tests.docs import ROOT, blocks

jsonschema = pytest.importorskip("jsonschema")

SPECS = sorted(Path(__file__).parent.glob("specs/*.yaml"))
ERRORS = sorted((ROOT / "tests" / "errors").glob("*.yaml"))
PAGES = sorted((ROOT / "docs" / "errors").glob("NS*.md"))
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
    "no version": "name: n\ninput: [3, 8, 8]\nlayers: [relu]",
    "no input": "netspec: 1\nname: n\nlayers: [relu]",
    "no layers": "netspec: 1\nname: n\ninput: [3, 8, 8]",
    "an unknown option of a layer that needs none": HEAD + "layers: [{batch_norm: , momentom: 0.1}]",
    "an unknown option of an activation": HEAD + "layers: [{leaky_relu: 0.1, slope: 2}]",
    "an unknown layer": HEAD + "layers: [rellu]",
    "an unknown layer with options": HEAD + "layers: [{dense: 10}]",
    "an unknown layer in a branch": HEAD + "layers: [{parallel: {a: rellu}}]",
    "an unknown layer in a shortcut": HEAD + "layers: [{residual: [relu], shortcut: [rellu]}]",
    "a layer without what it needs": HEAD + "layers: [conv]",
    "a main argument for a layer that takes none": HEAD + "layers: [{relu: 3}]",
    "layers and a sequence": HEAD + "layers: [relu]\nsequence: [relu]",
    "an input and inputs": HEAD + "inputs: {a: [3]}\nlayers: [relu]",
    "an unknown activation": HEAD + "layers: [{conv: 8, kernel: 3, activation: rellu}]",
    "a side branch of another kind": HEAD + "layers: [{conv: 8, kernel: 3, only: eval}]",
    "a deep error": HEAD + "layers: [{parallel: {a: [{residual: [{linear: 3, bais: false}]}]}}]",
    "a block's error": HEAD + "blocks: {b: {layers: [{conv: 8, kernal: 3}]}}\nlayers: [b]",
    "a block's unknown key": HEAD + "blocks: {b: {param: {}, layers: [relu]}}\nlayers: [b]",
    "an empty input": "netspec: 1\nname: n\ninput: {dtype: int64}\nlayers: [relu]",
    "an unknown option under defaults": HEAD + "defaults: {batch_norm: {epsilon: 1e-3}}\nlayers: [batch_norm]",
    "a wrong type under defaults of a block": HEAD
    + "blocks: {b: {defaults: {conv: {kernel: wide}}, layers: [relu]}}\nlayers: [b]",
    "an unknown layer under defaults": HEAD + "defaults: {batchnorm: {eps: 1e-3}}\nlayers: [batch_norm]",
    "an unknown dtype": "netspec: 1\nname: n\ninput: {shape: [3], dtype: int7}\nlayers: [relu]",
}
SOUND = {
    "options as expressions": HEAD + 'layers: [{conv: "$(4 * 2)", kernel: [$k, 3], bias: $b}]',
    "a block's own options": HEAD
    + "blocks: {my_block: {layers: [relu]}}\nlayers: [{my_block: 64, anything: [1, 2], dropout: 0.2}]",
    "an unknown layer of an extended spec": HEAD + "extends: other\nlayers: [{my_block: 64}, other_block]",
    "an option that is another layer's name": HEAD + "layers: [{softplus: , threshold: 20.0}]",
    "an expression as operation": HEAD + "layers: [$act, {$act: , name: a}]",
    "a merge with its inputs": HEAD + "layers: [{add: [a, b]}, {concat: [a, b], axis: 1}]",
    "null that removes": "netspec: 1\nname: n\nextends: lenet\nbudget: null\nblocks: {b: null}",
    "several inputs": "netspec: 1\nname: n\ninputs: {a: [3], b: {shape: [$n], dynamic: [0]}}\nlayers: [{add: [a, b]}]",
    "names and targets": HEAD + "layers: [{relu: , name: 7, from: 3, to: [a]}, {relu: , from: [a, 1]}]",
    "an activation with options": HEAD + "layers: [{conv: 8, kernel: 3, activation: {leaky_relu: 0.2}}]",
    "defaults of a layer and of a block": HEAD
    + "blocks: {b: {params: {out: int}, layers: [{conv: $out, kernel: 1}]}}\n"
    + "defaults: {conv: {bias: false, kernel: $(1 + 2)}, b: {out: 3}}\nlayers: [{b: , defaults: {conv: {stride: 2}}}]",
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


MEANING = re.compile("NS0102|NS03|NS04|NS05|NS06|NS0207|NS07")
"""Codes of what no schema can see: shapes, names and expressions are what a text means, not how it is formed."""

UNSEEN = {
    "activation_value": "which activations take a value",
    "bad_names": "names that Python or torch takes",
    "bad_expression": "an expression's type",
    "block_arguments": "a block's own parameters",
    "computed_value": "which layer an expression gives",
    "from_in_sequence": "`from` where the list around it is a sequence",
    "integer_division": "an expression's type",
    "layer_not_first": "the order of keys",
    "recipe_modules": "which modules the network has",
    "recursion": "a block that calls itself",
    "unknown_types": "the types in a parameter's declaration",
}
"""Broken specs, told from their form by netspec, that the schema lets pass, and why."""


@pytest.mark.parametrize("spec", ERRORS, ids=lambda spec: spec.stem)
def test_it_refuses_the_broken_specs_as_far_as_it_can(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    try:
        data = source.read(spec).data
    except NetspecError:
        return  # no YAML, no schema
    codes = [each.code.number for each in netspec.check(spec.name)]
    unseen = spec.stem in UNSEEN or all(MEANING.match(code) for code in codes)
    if validator().is_valid(data):
        assert unseen, codes
    else:
        assert spec.stem not in UNSEEN


@pytest.mark.parametrize("spec", ERRORS, ids=lambda spec: spec.stem)
def test_it_accepts_what_is_mended(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    for each in netspec.check(spec.name):
        for fix in (fix for fix in each.fixes if not fix.left):
            assert list(validator().iter_errors(source.parse(fix.text).data)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_accepts_the_good_examples_of_the_pages(page: Path) -> None:
    for block in blocks(page):
        if block.language == "yaml" and not block.remark:
            assert list(validator().iter_errors(source.parse(block.text).data)) == []


def test_every_key_layer_and_option_has_a_hover_text() -> None:
    schema = api.schema()
    assert all(value["description"] for value in schema["properties"].values())
    assert all(value["description"] for value in schema["$defs"].values())
    for name in ("entry", "plain_entry"):
        mapping = schema["$defs"][name]["anyOf"][-1]
        assert all(value["description"] for value in mapping["properties"].values())
        for rule in mapping["allOf"]:
            options = [each for each in rule["then"]["properties"].values() if each is not True and "anyOf" in each]
            assert all(each.get("description") for each in options if each.keys() != {"anyOf"})
    for op, layer in registry().items():
        assert all(option_words(layer, option) for option in layer.option_fields()), op


def test_defaults_complete_every_option_of_every_layer() -> None:
    told = api.schema()["$defs"]["defaults"]["properties"]
    assert {op: set(each["properties"]) for op, each in told.items()} == {
        op: set(layer.option_fields()) for op, layer in registry().items()
    }
    assert told["conv"]["properties"]["stride"]["description"].startswith("Step of the window")


def test_options_have_their_defaults_and_choices() -> None:
    rules = api.schema()["$defs"]["plain_entry"]["anyOf"][-1]["allOf"]
    [conv] = [rule["then"]["properties"] for rule in rules if rule["if"]["required"] == ["conv"]]
    assert conv["stride"]["default"] == 1
    assert conv["padding_mode"]["anyOf"][0]["enum"] == ["zeros", "reflect", "replicate", "circular"]
    assert conv["stride"]["description"].startswith("Step of the window")


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
