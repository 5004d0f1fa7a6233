"""The part of a recipe to which a key belongs that stands where it means nothing. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netspec.diagnostics import Code, Diagnostic
from netspec.diagnostics.facts import Unknown
from netspec.frontend.schema import SECTION, DocumentForm
from netspec.frontend.synonyms import option_meant
from netspec.recipe.parts import Part, Settings
from netspec.recipe.reading import kind_of_field


def with_owners(found: list[Diagnostic], written: Mapping[str, Any], recipe: type[Settings]) -> list[Diagnostic]:
    """Errors of a spec and its recipe, those of keys that belong elsewhere with the place where they do.

    Args:
        found: The errors.
        written: The recipe as it is written; empty where there is none.
        recipe: The class of recipes.
    """
    return [_with_owner(each, written, recipe) for each in found]


def names_parts(key: str, value: Any, recipe: type[Settings]) -> bool:
    """Whether the value of a recipe's key has options that are known: of parts that there are, or of the key itself."""
    kind = kind_of_field(recipe.model_fields[key].annotation) if key in recipe.model_fields else None
    if kind is None or not issubclass(kind, Part):
        return kind is not None
    return any(True for _ in _named(kind, value))


def _with_owner(each: Diagnostic, written: Mapping[str, Any], recipe: type[Settings]) -> Diagnostic:
    fact, path = each.fact, each.path or ()
    at_top = len(path) == 1
    misplaced = each.code in (Code.UNKNOWN_KEY, Code.UNKNOWN_OPTION) and (at_top or path[:1] == (SECTION,))
    if not misplaced or not isinstance(fact, Unknown) or fact.note:
        return each
    if at_top and fact.name in recipe.model_fields:  # a key that is alike is not meant
        note = f"`{fact.name}` belongs under `{SECTION}`"
        return replace(each, fact=replace(fact, meant="", certain=False, note=note), help=note)
    if not at_top and len(path) == 2 and fact.name in DocumentForm.model_fields:
        note = f"`{fact.name}` belongs to the spec itself, beside `{SECTION}`"
        return replace(each, fact=replace(fact, meant="", certain=False, note=note), help=note)
    if fact.meant:
        return each
    own = "" if at_top else path[1] if len(path) > 2 else SECTION
    note = ", or ".join(note for key, note in _owners(fact.name, written, recipe) if key != own)
    note += f", under `{SECTION}`" if note and at_top else ""
    return replace(each, fact=replace(fact, note=note), help=each.help or note or None)


def _owners(name: str, written: Mapping[str, Any], recipe: type[Settings]) -> Iterator[tuple[str, str]]:
    """The keys of the recipe whose values have an option of that name, each with a sentence on it."""
    if name in recipe.model_fields:
        yield SECTION, f"`{name}` belongs to the recipe itself, beside `data`"
    for key, field in recipe.model_fields.items():
        kind, value = kind_of_field(field.annotation), written.get(key)
        if kind is None or value is None:
            continue
        if issubclass(kind, Part):
            yield from ((key, note) for part in _named(kind, value) if (note := _note(name, key, part)))
        elif issubclass(kind, Settings) and name in kind.model_fields:
            yield key, f"`{name}` belongs to `{key}`"


def _named(family: type[Part], value: Any) -> Iterator[type[Part]]:
    """The parts that a value names: a name, a mapping that begins with one, or a list of such."""
    for each in value if isinstance(value, list) else [value]:
        name = next(iter(each), None) if isinstance(each, Mapping) else each
        if isinstance(name, str) and name in family.members:
            yield family.members[name]


def _note(name: str, key: str, part: type[Part]) -> str:
    options = part.option_fields()
    meant = name if name in options else option_meant(name, options)
    if meant is None:
        return ""
    if meant == part.main:
        return f"`{name}` is the value of `{key}`: write `{key}: {{{part.key}: ...}}`"
    return f"`{meant}` belongs to `{key}`"
