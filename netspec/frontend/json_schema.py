"""The JSON Schema (2020-12) of the language, for editors: completion, hover texts, errors while typing.

Made from the pydantic forms and the layer registry, so that it knows what they know. It is looser than the
language where JSON Schema cannot follow: an entry's operation is its *first* key, and blocks have names of
their own; what it lets pass `netspec check` still tells.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from netspec.frontend.schema import (
    EXPRESSION,
    MERGES,
    STRUCTURES,
    BlockForm,
    Common,
    DocumentForm,
    InputForm,
    ParallelForm,
    ResidualForm,
)
from netspec.layers import registry
from netspec.layers.base import Layer

Json = dict[str, Any]

_HOVER = ("description", "default", "deprecated")
_NAME = {"type": ["string", "integer"]}
_BODY = {"$ref": "#/$defs/entries"}
_FORMS: Mapping[str, Json] = {
    "entries": {"anyOf": [_BODY, {"type": "null"}]},
    "name": {"type": ["string", "number", "null"]},
    "names": {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}, {"type": "null"}]},
    "texts": {"type": ["string", "array"], "items": {"type": "string"}},
    "outputs": {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"type": "null"},
        ]
    },
    "repeat": {
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"$ref": "#/$defs/expression"},
            {"type": "array"},
            {"type": "null"},
        ]
    },
    "activation": {"$ref": "#/$defs/activation"},
    "input": {"anyOf": [{"$ref": "#/$defs/input"}, {"type": "null"}]},
    "inputs": {
        "anyOf": [{"type": "object", "additionalProperties": {"$ref": "#/$defs/input"}}, {"type": "null"}],
    },
}
"""The ways of writing that a form's type does not tell, by the names that `schema.py` gives them."""


def json_schema() -> Json:
    """The schema of a whole spec. Deterministic: the same registry gives the same schema."""
    document = _form(DocumentForm)
    properties: Json = document["properties"]
    properties["blocks"]["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/block"}, {"type": "null"}]}
    for key, value in properties.items():  # null takes away what `extends` brought
        if key not in ("netspec", "name"):
            properties[key] = _lifted({"anyOf": [value, {"type": "null"}]}, value)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netspec",
        **document,
        "required": ["netspec", "name"],
        "$defs": {
            "expression": {"type": "string", "pattern": EXPRESSION.removeprefix("^"), "description": "An expression."},
            "input": _input(),
            "block": _form(BlockForm),
            "activation": _activation(),
            "entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
            "entry": _entry(),
        },
    }


def _form(form: type[BaseModel]) -> Json:
    """A form's own schema: its fields by their YAML names, nothing else."""
    made = form.model_json_schema(by_alias=True)
    definitions = made.get("$defs", {})
    properties: Json = {}
    for key, value in made.get("properties", {}).items():
        properties[key] = _clean(value, definitions)
        name = value.get("form")
        if name is not None:
            properties[key] = {**{k: v for k, v in value.items() if k in _HOVER and v is not None}, **_FORMS[name]}
    doc = inspect.getdoc(form) or ""
    return {"type": "object", "description": doc, "properties": properties, "additionalProperties": False}


def _clean(schema: Any, definitions: Mapping[str, Json]) -> Any:
    """Pydantic's schema without titles, definitions put in where they are used."""
    if isinstance(schema, list):
        return [_clean(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        inner = definitions.get(schema["$ref"].rpartition("/")[2], {})
        return _clean({**inner, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    return {k: _clean(v, definitions) for k, v in schema.items() if k not in ("title", "form") or isinstance(v, dict)}


def _lifted(schema: Json, inner: Json) -> Json:
    """`schema` with the hover texts of `inner`, taken out of it."""
    hover = {key: inner.pop(key) for key in _HOVER if key in inner}
    return {**hover, **schema}


def _or_expression(schema: Json) -> Json:
    """A value's schema that also takes an expression, for the whole and for each item of a list."""
    inner = dict(schema)
    variants = inner.pop("anyOf", None)
    hover = {key: inner.pop(key) for key in _HOVER if key in inner}
    plain = [_items_or_expression(each) for each in ([inner] if variants is None else variants)]
    return {**hover, "anyOf": [*plain, {"$ref": "#/$defs/expression"}]}


def _items_or_expression(schema: Json) -> Json:
    found = dict(schema)
    if isinstance(found.get("items"), dict):
        found["items"] = _or_expression(found["items"])
    if "prefixItems" in found:
        found["prefixItems"] = [_or_expression(each) for each in found["prefixItems"]]
    return found


def _input() -> Json:
    form = _form(InputForm)
    form["required"] = ["shape"]
    shape = {key: value for key, value in form["properties"]["shape"].items() if key not in _HOVER}
    expression = {"$ref": "#/$defs/expression"}
    return {"anyOf": [shape, expression, form], "description": form["description"]}


def _options(layer: type[Layer]) -> Json:
    """A layer's options, each with its type, default and expressions."""
    made = layer.model_json_schema()
    definitions = made.get("$defs", {})
    return {key: _or_expression(_clean(value, definitions)) for key, value in made.get("properties", {}).items()}


def _activation() -> Json:
    names = [op for op, layer in registry().items() if layer.function is not None]
    options = {op: {**_main(layer), "description": _doc(layer)} for op, layer in registry().items() if op in names}
    return {
        "anyOf": [
            {"enum": names},
            {"$ref": "#/$defs/expression"},
            {"type": "object", "properties": options, "minProperties": 1},
            {"type": "null"},
        ]
    }


def _entry() -> Json:
    """An entry: a name, or a mapping that is checked by the operation it holds."""
    common = _form(Common)["properties"]
    layers = {op: _options(layer) for op, layer in registry().items()}
    operations = {op: {**_main(layer), "description": _doc(layer)} for op, layer in registry().items()}
    rules = [_structure_rule(name, common) for name in STRUCTURES]
    rules += [_layer_rule(op, layers, common) for op in registry()]
    return {
        "anyOf": [
            {"type": "string", "description": "A layer or block without options, or an expression that gives one."},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {**operations, **_structures(), **common, "reuse": {"type": ["string", "integer"]}},
                "allOf": rules,
            },
        ]
    }


def _doc(layer: type[Layer]) -> str:
    return inspect.getdoc(layer) or layer.op


def _main(layer: type[Layer]) -> Json:
    """What may stand as the value of a layer's name; loose, since a block's parameter may bear that name."""
    examples = [e.options[layer.main] for e in layer.examples if layer.main in e.options] if layer.main else []
    return {"examples": [list(e) if isinstance(e, tuple) else e for e in examples[:3]]} if examples else {}


def _structures() -> Json:
    branches = {"anyOf": [_BODY, {"$ref": "#/$defs/entry"}, {"type": "null"}]}
    parallel = {"anyOf": [_BODY, {"type": "object", "additionalProperties": branches}]}
    docs = {
        "layers": "A group of entries; it adds a level only where it has a name.",
        "sequence": "A numbered chain, as torch.nn.Sequential.",
        "residual": inspect.getdoc(ResidualForm),
        "parallel": inspect.getdoc(ParallelForm),
    }
    return {name: {"description": docs[name], **(parallel if name == "parallel" else _BODY)} for name in STRUCTURES}


def _structure_rule(name: str, common: Json) -> Json:
    forms: dict[str, type[BaseModel]] = {"residual": ResidualForm, "parallel": ParallelForm}
    own = _form(forms[name])["properties"] if name in forms else {}
    allowed = dict.fromkeys([name, *own, *common], True)
    return {
        "if": {"required": [name]},
        "then": {"properties": {**allowed, **own}, "additionalProperties": False},
    }


def _layer_rule(op: str, layers: Mapping[str, Json], common: Json) -> Json:
    """The options of one layer.

    Other keys are refused only where the layer has options that must be given: `dropout: 0.2` in an entry may
    as well be the parameter of a block, `kernel` and `conv` together never are.
    """
    layer = registry()[op]
    options = layers[op]
    required = [option for option, name in layer.option_fields().items() if layer.model_fields[name].is_required()]
    main = layer.main
    properties: Json = dict(options)
    then: Json = {"properties": properties}
    if required:
        then["required"] = [name for name in required if name != main]
        then["additionalProperties"] = False
        properties.update(dict.fromkeys([key for key in common if key not in properties], True))
        properties[op] = True
        if main is not None:
            properties[op] = {"anyOf": [options[main], {"type": "null"}]}
            if main in required:
                then["anyOf"] = [{"properties": {op: {"not": {"type": "null"}}}}, {"required": [main]}]
    if op in MERGES:
        properties[op] = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
    # The name may also be an option of another layer that stands in the entry.
    others = [{"required": [other]} for other, known in layers.items() if op in known and other != op]
    condition: Json = {"required": [op]}
    if others:
        condition["not"] = {"anyOf": others}
    return {"if": condition, "then": then}
