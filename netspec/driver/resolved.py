"""A spec as one self-contained text, with inherited parts, settings and recipe written out. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netspec.diagnostics import Code, NetspecError
from netspec.driver.spec import Spec
from netspec.frontend.scalars import escaped, flow
from netspec.recipe.recipe import Recipe

_WIDTH = 100
"""The width, in columns, above which a value is broken into lines."""


def resolved_text(spec: Spec, recipe: Recipe) -> str:
    """The spec with all settings, inherited parts and the recipe written out; it loads as the same network.

    Comments are lost, and aliases are replaced by their values.
    """
    return "".join(_entry(key, value) for key, value in {**_data(spec), "train": recipe.written()}.items())


def resolved_json(spec: Spec) -> str:
    """The spec as JSON, which is YAML too, with all settings and inherited parts; it loads as the same network.

    Raises:
        NetspecError: NS0909: it holds an infinite number or nan, which JSON lacks.
    """
    try:
        text = json.dumps(_data(spec), ensure_ascii=False, allow_nan=False, indent=2)
    except ValueError:
        message = "the spec holds a number that is not finite, for which JSON has no word"
        raise NetspecError.of(Code.EXPORT_FAILED, message) from None
    return escaped(text) + "\n"


def _data(spec: Spec) -> dict[str, Any]:
    return {key: value for key, value in spec.document.places.data.items() if key != "extends"}


def recipe_text(recipe: Recipe) -> str:
    """The recipe written out, in the form that ``--recipe`` reads."""
    return "".join(_entry(key, value) for key, value in recipe.written().items())


def _entry(key: str, value: Any, depth: int = 0) -> str:
    """A key and its value: the document's own members, and values too long for a line, are broken into lines."""
    margin = "  " * depth
    line = f"{margin}{flow(key)}: {flow(value)}\n"
    breaks = value and (depth == 0 or len(line) > _WIDTH)
    if breaks and isinstance(value, Mapping):
        return f"{margin}{flow(key)}:\n" + "".join(_entry(k, v, depth + 1) for k, v in value.items())
    if breaks and isinstance(value, list) and not all(isinstance(v, int | float) for v in value):
        return f"{margin}{flow(key)}:\n" + "".join(f"{margin}  - {flow(v)}\n" for v in value)
    return line
