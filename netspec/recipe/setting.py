"""A value set in a recipe as it is written, by its dotted key: ``optimizer.lr``. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netspec.frontend.source import Path_
from netspec.recipe.parts import Part, Settings
from netspec.recipe.reading import kind_of_field
from netspec.recipe.recipe import Recipe


def laid_in(
    written: Any, path: Sequence[str], value: Any, kind: type[Part | Settings] | None = Recipe
) -> tuple[Any, Path_]:
    """A copy of a recipe, or of a value in it, with one inner value set; and where that stands in it.

    A bare name takes options, like a part's mapping. A part's main argument may go by its own name, too: of
    ``{adamw: 2e-3}``, ``lr`` is the value of ``adamw``. Items of a list go by their numbers, from 0.

    Args:
        written: The value as it is written, whether right or not.
        path: The keys that lead to the inner value; empty for all of it.
        value: The inner value.
        kind: The class or the family of what is written; None where it is neither part nor settings.
    """
    if not path:
        return value, ()
    key, *rest = path
    if isinstance(written, list) and key.isdecimal() and int(key) < len(written):
        index = int(key)
        made, place = laid_in(written[index], rest, value, kind)
        return [*written[:index], made, *written[index + 1 :]], (index, *place)
    options = written if isinstance(written, Mapping) else {written: None} if isinstance(written, str) else {}
    key = _own_key(kind, options, key)
    made, place = laid_in(options.get(key), rest, value, _inner(kind, key))
    return {**options, key: made}, (key, *place)


def _own_key(kind: type[Part | Settings] | None, options: Mapping[str, Any], key: str) -> str:
    """The key that an option is written at: the part's name for its main argument."""
    if kind is None or not issubclass(kind, Part) or not options or key in options:
        return key
    name = next(iter(options))
    return name if name in kind.members and kind.members[name].main == key else key


def _inner(kind: type[Part | Settings] | None, key: str) -> type[Part | Settings] | None:
    """The kind of a key's value."""
    fields = {} if kind is None else {field.alias or name: field for name, field in kind.model_fields.items()}
    return kind_of_field(fields[key].annotation) if key in fields else None
