"""The JSON Schema of the section `train`, which the recipe's own classes describe. Imports no torch.

It lets pass what `netspec check` still finds: options that need one another, numbers that a validator of its own
reads, which key of a part is written first, and whether the data fit the network.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from netspec.frontend.form_errors import describe
from netspec.frontend.json_schema_forms import Json, field_schema, form_schema, or_null
from netspec.recipe.losses import Loss
from netspec.recipe.output_losses import Losses, OutputLoss
from netspec.recipe.parts import Part
from netspec.recipe.recipe import Recipe

_ATTRIBUTES = re.compile(r"^(?:Attributes|Args):\n((?:    .*\n|\n)*)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def recipe_schema() -> Json:
    """The schema of the section `train`: a mapping of the recipe's keys."""
    recipe = form(Recipe)
    for key in recipe["properties"].keys() - set(recipe["required"]):  # left empty, a key is as if it were not there
        recipe["properties"][key] = or_null(recipe["properties"][key])
    return recipe


def form(model: type[BaseModel]) -> Json:
    """A mapping of options, each with its meaning, its type and its default."""
    words = {model.model_fields[name].alias or name: text for name, text in attributes(model).items()}
    made = form_schema(model, lambda key, field: option(field, words.get(key)))
    required = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    return {**made, "description": _summary(model), "required": required}


def option(field: FieldInfo, words: str | None) -> Json:
    """The schema of an option's value."""
    kinds = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
    model = next((each for each in kinds if issubclass(each, BaseModel)), None)
    made: Json
    if model is None:
        made = _plain(field)
    else:
        one = family(model) if issubclass(model, Part) else form(model)
        if Losses in kinds:
            one = {"anyOf": [*one["anyOf"], by_output(family(Loss))]}
        if get_origin(field.annotation) is tuple:
            made = {"type": "array", "items": one}
        else:
            made = one if field.is_required() else or_null(one)
    made["description"] = words or f"Takes {describe(field.annotation)}."
    return made


def family(base: type[Part]) -> Json:
    """The parts of a family: the name alone where nothing else is needed, or a mapping that holds the name."""
    alone = [key for key, part in base.members.items() if not part.required()]
    return {"anyOf": [{"enum": alone}, *(member(part) for part in base.members.values())]}


def by_output(one: Json) -> Json:
    """A mapping from outputs to losses, each with what is said beside its options."""
    beside = form(OutputLoss)["properties"]
    more = {key: each for key, each in beside.items() if key != "loss"}
    parts = [{**each, "properties": {**each["properties"], **more}} for each in one["anyOf"][1:]]
    return {
        "type": "object",
        "description": _summary(Losses),
        "propertyNames": {"not": {"enum": [*Loss.members]}},
        "additionalProperties": {"anyOf": [one["anyOf"][0], *parts]},
    }


def member(part: type[Part]) -> Json:
    """A part as a mapping: its name with the main argument, and its options."""
    made = form(part)
    options: Json = made["properties"]
    value: Json = {"type": "null"}
    needed = [key for key in made["required"] if key != part.main]
    if part.main is not None:
        value = options.pop(part.main)
        if part.main not in made["required"]:
            value = {"anyOf": [value, {"type": "null"}], "description": value["description"]}
    named = {part.key: {**value, "description": made["description"]}}
    return {**made, "properties": {**named, **options}, "required": [part.key, *needed]}


def attributes(model: type[BaseModel]) -> dict[str, str]:
    """The descriptions of attributes, by name, in the docstrings of a class and of its bases."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        section = _ATTRIBUTES.search(f"{inspect.cleandoc(kind.__doc__ or '')}\n")
        if section and issubclass(kind, BaseModel):
            told = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(section[1])}
            found |= {name: text for name, text in told.items() if name in model.model_fields}
    return found


def _plain(field: FieldInfo) -> Json:
    """The schema of a value of plain type; a value that has a validator of its own may be anything."""
    if _reads_itself(field.annotation) or any(isinstance(each, BeforeValidator) for each in field.metadata):
        return {} if field.is_required() or field.default_factory else {"default": field.default}
    return field_schema(field)


def _reads_itself(annotation: Any) -> bool:
    """Whether a type holds a validator that reads more than the type says."""
    return isinstance(annotation, BeforeValidator) or any(map(_reads_itself, get_args(annotation)))


def _summary(model: type[BaseModel]) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return " ".join(inspect.cleandoc(model.__doc__ or model.__name__).split("\n\n")[0].split())
