"""The entries of a spec in its JSON Schema: every layer with its options, every structure, the meaning of each key.

An entry has two schemas. In a spec with blocks, its own or inherited ones, an unknown key may be a block's name or
parameter; in a *plain* spec it cannot be, and every key that no layer knows is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from netspec import detectors
from netspec.choices import Choice
from netspec.frontend.json_schema_forms import Json, field_schema, form_schema, or_expression
from netspec.frontend.options import takes
from netspec.frontend.schema import EXPRESSION, STRUCTURES, ParallelForm, ResidualForm
from netspec.layers import joins, registry
from netspec.layers.base import Layer
from netspec.layers.glossary import option_words

CONTAINED = EXPRESSION.removeprefix("^")
"""A text that holds an expression."""

_STRUCTURE_DOCS = {
    "layers": "A group of entries; it adds a level only where it has a name.",
    "sequence": "A numbered chain, as torch.nn.Sequential.",
    "residual": inspect.getdoc(ResidualForm),
    "parallel": inspect.getdoc(ParallelForm),
}
_REUSE: Json = {
    "type": ["string", "integer"],
    "description": "Calls a module again, by its path: its weights are shared.",
}


def entry(common: Json, *, plain: bool) -> Json:
    """An entry: a name, or a mapping, whose operation selects its check.

    Args:
        common: The options of every entry.
        plain: Whether the spec has no blocks, so that all names are known.
    """
    layers = {op: _options(layer) for op, layer in registry().items()}
    operations = {op: {**main(layer), "description": _doc(layer)} for op, layer in registry().items()}
    rules = [_structure_rule(name, common, plain) for name in STRUCTURES]
    rules += [_layer_rule(op, layers, common, plain) for op in registry()]
    names = "A layer or block without options, or an expression that gives one."
    mapping: Json = {
        "type": "object",
        "minProperties": 1,
        "properties": {**operations, **_structures(plain), **common, "reuse": _REUSE},
        "allOf": rules,
    }
    if not plain:
        return {
            "anyOf": [{"type": "string", "description": names}, mapping],
            "description": "A layer, block or structure.",
        }
    alone = [op for op, layer in registry().items() if not layer.required()]
    known = {"anyOf": [{"enum": [*registry(), *STRUCTURES, "reuse"]}, {"pattern": CONTAINED}]}
    # The operation is one of the keys; if it is an expression, any option may belong to the layer that it gives.
    mapping["not"] = {"propertyNames": {"not": known}}
    expression = {"type": "string", "pattern": CONTAINED}
    return {
        "anyOf": [{"enum": alone, "description": names}, expression, mapping],
        "description": "A layer or structure.",
    }


def main(layer: type[Layer]) -> Json:
    """The schema of the value behind a layer's name; loose, since a block's parameter may have that name."""
    examples = [e.options[layer.main] for e in layer.examples if layer.main in e.options] if layer.main else []
    return {"examples": [list(e) if isinstance(e, tuple) else e for e in examples[:3]]} if examples else {}


def activation() -> Json:
    """The schema of an `activation`: a layer without weights, with its options, or an expression."""
    functions = {op: layer for op, layer in registry().items() if layer.function is not None}
    options = {op: {**main(layer), "description": _doc(layer)} for op, layer in functions.items()}
    return {
        "description": "A layer without weights, applied to the result.",
        "anyOf": [
            {"enum": list(functions)},
            {"$ref": "#/$defs/expression"},
            {"type": "object", "properties": options, "minProperties": 1},
            {"type": "null"},
        ],
    }


def defaults() -> Json:
    """The schema of `defaults`: the options of each layer, none of them required; of blocks, any."""
    layers = {
        op: {"type": "object", "description": _doc(layer), "properties": _options(layer), "additionalProperties": False}
        for op, layer in registry().items()
    }
    return {
        "type": "object",
        "description": "Options by layer, and parameters by block, for entries that leave them out.",
        "properties": layers,
        "additionalProperties": {"type": "object"},
    }


def detector() -> Json:
    """The schema of a `detector`: the name of a kind, or a mapping of it with its options."""
    kinds = detectors.registry()
    described = {name: {"type": "null", "description": inspect.getdoc(kind)} for name, kind in kinds.items()}
    forms = [
        {
            "type": "object",
            "required": [name],
            "properties": {name: described[name], **_options_of(kind, partial(_words, kind))},
            "additionalProperties": False,
        }
        for name, kind in kinds.items()
    ]
    return {"description": "The kind of a detector, and its options.", "anyOf": [{"enum": list(kinds)}, *forms]}


def _words(kind: type[Choice], key: str) -> str:
    return kind.model_fields[kind.option_fields()[key]].description or ""


def _doc(layer: type[Layer]) -> str:
    return inspect.getdoc(layer) or layer.op


def _options(layer: type[Layer]) -> Json:
    """A layer's options, each with its meaning, type, default and expressions."""
    return _options_of(layer, lambda key: option_words(layer, key))


def _options_of(layer: type[Choice], words_of: Callable[[str], str | None]) -> Json:
    def value(key: str, field: FieldInfo) -> Json:
        words = words_of(key)
        told = f"{words} " if words else ""
        return {**or_expression(field_schema(field)), "description": f"{told}Takes {takes(layer, key)}."}

    options: Json = form_schema(layer, value)["properties"]
    return options


def _body(plain: bool) -> Json:
    return {"$ref": "#/$defs/plain_entries" if plain else "#/$defs/entries"}


def _structures(plain: bool) -> Json:
    body = _body(plain)
    one = {"$ref": "#/$defs/plain_entry" if plain else "#/$defs/entry"}
    branches = {"anyOf": [body, one, {"type": "null"}]}
    parallel: Json = {"anyOf": [body, {"type": "object", "additionalProperties": branches}]}
    forms = {name: parallel if name == "parallel" else body for name in STRUCTURES}
    return {name: {"description": _STRUCTURE_DOCS[name], **form} for name, form in forms.items()}


def _structure_rule(name: str, common: Json, plain: bool) -> Json:
    forms: dict[str, type[BaseModel]] = {"residual": ResidualForm, "parallel": ParallelForm}
    own = form_schema(forms[name])["properties"] if name in forms else {}
    if "shortcut" in own:
        described = own["shortcut"].get("description")
        own["shortcut"] = {"anyOf": [_body(plain), {"type": "null"}], "description": described}
    allowed = dict.fromkeys([name, *own, *common], True)
    return {
        "if": {"required": [name]},
        "then": {"properties": {**allowed, **own}, "additionalProperties": False},
    }


def _layer_rule(op: str, layers: Mapping[str, Json], common: Json, plain: bool) -> Json:
    """The options of one layer.

    In a spec with blocks, other keys are refused only if the layer has required options beside its main argument:
    `squeeze: 4` in an entry may also be the parameter of a block, `kernel` and `conv` together cannot be.
    """
    layer = registry()[op]
    options = layers[op]
    required = layer.required()
    name = layer.main
    properties: Json = dict(options)
    then: Json = {"properties": properties}
    if plain or any(each != name for each in required):
        then["required"] = [each for each in required if each != name]
        then["additionalProperties"] = False
        properties.update(dict.fromkeys([key for key in common if key not in properties], True))
        properties[op] = {"type": "null"} if name is None else {"anyOf": [options[name], {"type": "null"}]}
        if name in required:
            then["anyOf"] = [{"properties": {op: {"not": {"type": "null"}}}}, {"required": [name]}]
    if joins(op):
        properties[op] = {"anyOf": [{"type": "array", "items": {"type": ["string", "integer"]}}, {"type": "null"}]}
    condition: Json = {"required": [op]}
    # The name may also be an option of another layer in the entry, or of one that an expression gives.
    others: list[Json] = [{"required": [other]} for other, known in layers.items() if op in known and other != op]
    if plain:
        others.append({"not": {"propertyNames": {"not": {"pattern": CONTAINED}}}})
    if others:
        condition["not"] = {"anyOf": others}
    return {"if": condition, "then": then}
