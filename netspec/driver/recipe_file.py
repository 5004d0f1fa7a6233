"""Recipes in files of their own, apart from any spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.diagnostics.facts import Misplaced
from netspec.files.reading import plain_breaks
from netspec.frontend import source
from netspec.frontend.schema import SECTION
from netspec.zoo_specs import locate_recipe


def read_recipe_file(recipe: str | Path | Mapping[str, Any]) -> source.Source:
    """The text of a recipe: a file's, that of a recipe that comes with netspec, or plain data's.

    Raises:
        NetspecError: There is no such recipe, or it is none.
    """
    if isinstance(recipe, Mapping):
        import json

        return parse_recipe(json.dumps(dict(recipe), indent=1, default=str, ensure_ascii=False), "recipe")
    file = locate_recipe(recipe)
    shown = str(recipe) if file == Path(recipe) else file.name
    return parse_recipe(plain_breaks(source.text_of(file, shown)), shown)


def parse_recipe(text: str, name: str) -> source.Source:
    """Read the text of a recipe in a separate file.

    Raises:
        NetspecError: It is not YAML, not a mapping, or has a section `train` like a spec.
    """
    try:
        read = source.parse(text, name)
    except NetspecError as error:
        message, expected = "a recipe is a mapping of keys to values", "data, loss, optimizer, ..."
        changes: dict[str, Any] = {"message": message, "expected": expected, "help": None}
        found = [replace(d, **changes) if d.code is Code.NOT_A_MAPPING else d for d in error.diagnostics]
        raise NetspecError(found) from None
    if "netspec" in read.data:
        from netspec.frontend import formats

        formats.refuse_spec(read)
    if isinstance(read.data.get(SECTION), Mapping):
        message, found_ = "the keys of a recipe's file stand at its top", "the section `train`, as specs have it"
        span = read.key_span((SECTION,))
        expected, path = "data, loss, optimizer, ...", (SECTION, SECTION)
        told = Diagnostic(Code.UNKNOWN_KEY, message, span, found_, expected, path=path, fact=Misplaced(SECTION))
        raise NetspecError([told])
    return read
