"""Types in the words of a spec's author."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from netspec.diagnostics.facts import Kind
from netspec.diagnostics.words import in_words
from netspec.frontend.written import Written

_KINDS: dict[Any, Kind] = {
    int: Kind("integer"),
    float: Kind("number"),
    bool: Kind("boolean"),
    str: Kind("text"),
    dict: Kind("mapping"),
    list: Kind("list"),
    tuple: Kind("list"),
    type(None): Kind("null"),
    Any: Kind("any"),
    Written: Kind("expression"),
}


ENTRIES = Kind("list", (Kind("entry"),))
"""A list of entries."""


def describe(annotation: Any) -> str:
    """A type annotation in words, such as "an integer or a list of integers"."""
    return in_words(kinds(annotation))


def kinds(annotation: Any) -> tuple[Kind, ...]:
    """The kinds of value that a type annotation takes."""
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *extras = get_args(annotation)
        if spoken := next((extra.title for extra in extras if getattr(extra, "title", None)), None):
            return (Kind("form", word=spoken),)
        return kinds(base)
    if origin is Literal:
        return tuple(Kind("choice", word=_spelt(value)) for value in get_args(annotation))
    if origin in (Union, types.UnionType):
        return tuple(kind for each in get_args(annotation) for kind in kinds(each))
    if origin is tuple:
        parts = [each for each in get_args(annotation) if each is not Ellipsis]
        of = tuple(dict.fromkeys(kind for part in parts for kind in kinds(part)))
        return (Kind("pair" if len(get_args(annotation)) == len(parts) == 2 else "list", of),)
    if origin is not None:
        return kinds(origin)
    if isinstance(annotation, type) and annotation not in _KINDS:
        spoken = getattr(annotation, "spoken", None)
        return (Kind("shape", word=spoken) if spoken else Kind("mapping"),)
    return (_KINDS.get(annotation) or Kind("form", word=str(annotation)),)


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
