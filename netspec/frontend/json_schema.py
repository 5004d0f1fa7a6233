"""The JSON Schema (2020-12) of the language, for editors: completion, hover texts, errors while typing.

It is made from the pydantic forms and the layer registry, so it has the same rules; `json_schema_entries.py` has the
entries. It accepts every spec that netspec accepts, and refuses errors that the form alone shows. It accepts the
following, which only `netspec check` checks:

- the meaning of a text: shapes, references, paths, expressions, tied and reused weights, the target of `extends`;
- in a spec with `blocks` or `extends`, unknown layers and blocks, and unknown options of layers without required
  ones: an entry's operation is its *first* key, JSON Schema has no order, and any key may be a block's name;
- values given as expressions or by a block's parameters, and numbers of the right type outside their layer's range;
- texts that YAML itself reads differently: keys written twice, torn expressions, texts that are cut short.
"""

from __future__ import annotations

from netspec.frontend.json_schema_entries import activation, defaults, detector, entry
from netspec.frontend.json_schema_forms import HOVER, Json, form_schema, or_null
from netspec.frontend.schema import BOUNDED, EXPRESSION, BlockForm, Common, DocumentForm, InputForm
from netspec.layers import registry


def json_schema(train: Json) -> Json:
    """The schema of a whole spec. Deterministic: the same registry gives the same schema.

    Args:
        train: The schema of a recipe.
    """
    document = form_schema(DocumentForm)
    properties: Json = document["properties"]
    properties["blocks"]["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/block"}, {"type": "null"}]}
    properties["budget"] = _budget(properties["budget"])
    properties["train"] = {**train, **{key: properties["train"][key] for key in HOVER if key in properties["train"]}}
    for key, value in properties.items():  # null removes an inherited key
        if key not in ("netspec", "name"):
            properties[key] = or_null(value)
    common = form_schema(Common)["properties"]
    plain = {"anyOf": [{"$ref": "#/$defs/plain_entries"}, {"type": "null"}]}
    known = {"propertyNames": {"enum": list(registry())}}
    inputs, body = (
        {"anyOf": [{"required": [key]} for key in keys]} for keys in (("input", "inputs"), ("layers", "sequence"))
    )
    filled = {key: {"not": {"type": "null"}} for key in DocumentForm.filled}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netspec",
        **document,
        "required": ["name"],
        "$defs": {
            "expression": {"type": "string", "pattern": EXPRESSION.removeprefix("^"), "description": "An expression."},
            "input": _input(),
            "block": {**_block(), "not": _both("layers", "sequence")},
            "activation": activation(),
            "defaults": defaults(),
            "detector": detector(),
            "entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}, "description": "Entries, top to bottom."},
            "entry": entry(common, plain=False),
            "plain_entries": {
                "type": "array",
                "items": {"$ref": "#/$defs/plain_entry"},
                "description": "Entries, top to bottom.",
            },
            "plain_entry": entry(common, plain=True),
        },
        "not": {"anyOf": [_both("layers", "sequence"), _both("input", "inputs")]},
        "allOf": [
            {
                "if": {"not": {"required": ["extends"]}},
                "then": {"required": ["netspec"], "allOf": [inputs, body], "properties": filled},
            },
            {
                "if": {"not": {"anyOf": [{"required": ["blocks"]}, {"required": ["extends"]}]}},
                "then": {"properties": {"defaults": or_null(known), "layers": plain, "sequence": plain}},
            },
        ],
    }


def _block() -> Json:
    """The schema of a block, whose keys are not null but where null means something."""
    form = form_schema(BlockForm)
    for key in BlockForm.filled:
        value = form["properties"][key]
        value["anyOf"] = [each for each in value["anyOf"] if each != {"type": "null"}]
    return form


def _both(one: str, other: str) -> Json:
    """The schema of a mapping with two keys that exclude each other; null counts as absent."""
    return {"required": [one, other], "properties": {key: {"not": {"type": "null"}} for key in (one, other)}}


def _budget(schema: Json) -> Json:
    """The budget's keys one by one, each with a hover text, so that an editor can complete them."""
    kept = {key: value for key, value in schema.items() if key not in ("propertyNames", "additionalProperties")}
    bound = schema["additionalProperties"]
    examples = {"examples": ["<= 26M", "< 2GiB", 20]}
    bounds = {name: {**bound, **examples, "description": words} for name, words in BOUNDED.items()}
    return {**kept, "properties": bounds, "additionalProperties": False}


def _input() -> Json:
    form = form_schema(InputForm)
    form["required"] = ["shape"]
    shape = {key: value for key, value in form["properties"]["shape"].items() if key not in HOVER}
    expression = {"$ref": "#/$defs/expression"}
    return {"anyOf": [shape, expression, form], "description": form["description"]}
