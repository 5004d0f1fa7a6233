"""Pydantic forms and types as JSON Schemas: the accepted YAML spellings, with expressions wherever they are allowed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

Json = dict[str, Any]

HOVER = ("description", "default", "deprecated")
_NAME = {"type": ["string", "integer"]}
BODY = {"$ref": "#/$defs/entries"}
_FORMS: Mapping[str, Json] = {
    "entries": {"anyOf": [BODY, {"type": "null"}]},
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
    "defaults": {"$ref": "#/$defs/defaults"},
    "detector": {"$ref": "#/$defs/detector"},
    "activation": {"$ref": "#/$defs/activation"},
    "input": {"anyOf": [{"$ref": "#/$defs/input"}, {"type": "null"}]},
    "inputs": {
        "anyOf": [{"type": "object", "additionalProperties": {"$ref": "#/$defs/input"}}, {"type": "null"}],
    },
}
"""Spellings that a form's type does not show, by their names in `schema.py`."""


def field_schema(field: FieldInfo) -> Json:
    """The schema of a field's value, with its description and default."""
    hover = {"description": field.description} if field.description else {}
    if not field.is_required() and field.default_factory is None:
        hover["default"] = to_jsonable_python(field.default)
    extra = field.json_schema_extra
    if isinstance(extra, dict):
        return {**{key: each for key, each in hover.items() if each is not None}, **_FORMS[str(extra["form"])]}
    made = TypeAdapter(field.rebuild_annotation()).json_schema()
    return {**_clean(made, made.pop("$defs", {})), **hover}


def form_schema(form: type[BaseModel], value: Callable[[str, FieldInfo], Json] | None = None) -> Json:
    """A mapping with the fields of a form by their YAML names, and nothing else.

    Args:
        form: The form, a layer, or a part of a recipe.
        value: Returns the schema of a field's value; its `field_schema` by default.
    """
    fields = {field.alias or name: field for name, field in form.model_fields.items()}
    properties = {key: value(key, field) if value else field_schema(field) for key, field in fields.items()}
    doc = inspect.getdoc(form) or ""
    return {"type": "object", "description": doc, "properties": properties, "additionalProperties": False}


def _clean(schema: Any, definitions: Mapping[str, Json]) -> Any:
    """Pydantic's schema without titles, with definitions inlined."""
    if isinstance(schema, list):
        return [_clean(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        inner = definitions.get(schema["$ref"].rpartition("/")[2], {})
        return _clean({**inner, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    return {k: _clean(v, definitions) for k, v in schema.items() if k != "title" or isinstance(v, dict)}


def or_null(schema: Json) -> Json:
    """A value's schema that accepts null too; its hover texts stay at the top."""
    hover = {key: schema[key] for key in HOVER if key in schema}
    inner = {key: value for key, value in schema.items() if key not in hover}
    if not inner or {"type": "null"} in inner.get("anyOf", ()):
        return schema  # it accepts null already
    return {**hover, "anyOf": [inner, {"type": "null"}]}


def or_expression(schema: Json) -> Json:
    """A value's schema that also accepts an expression, for the whole and for each item of a list."""
    inner = dict(schema)
    variants = inner.pop("anyOf", None)
    hover = {key: inner.pop(key) for key in HOVER if key in inner}
    plain = [_items_or_expression(each) for each in ([inner] if variants is None else variants)]
    return {**hover, "anyOf": [*plain, {"$ref": "#/$defs/expression"}]}


def _items_or_expression(schema: Json) -> Json:
    found = dict(schema)
    if isinstance(found.get("items"), dict):
        found["items"] = or_expression(found["items"])
    if "prefixItems" in found:
        found["prefixItems"] = [or_expression(each) for each in found["prefixItems"]]
    return found
