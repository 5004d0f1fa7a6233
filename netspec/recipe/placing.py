"""The places, in the text of a spec, of errors that a recipe causes and reading or training finds. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from netspec.diagnostics import Code, Diagnostic, NetspecError, Span
from netspec.frontend.problems import Places
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_
from netspec.recipe.parts import Part
from netspec.recipe.recipe import Recipe

_OF_DATA = (Code.DATA_MISMATCH, Code.DATA_NOT_FOUND, Code.DATA_BROKEN)
"""Errors of data: those of the key `data` where nothing nearer is told."""


@contextmanager
def placed(recipe: Recipe, places: Places) -> Iterator[None]:
    """A context in which each error that a key of the recipe causes gets the key's place.

    What finds an error in the data, or in a step, knows the key and no text: its diagnostic has a `path`. Data that
    are not there, are broken or do not fit, NS0802 to NS0804, are those of the key `data` where nothing nearer is told.

    Args:
        recipe: The recipe that is followed.
        places: The places of its values.
    """
    try:
        yield
    except NetspecError as error:
        error.retell(lambda each: _placed(each, recipe, places))
        raise


def _placed(each: Diagnostic, recipe: Recipe, places: Places) -> Diagnostic:
    path = each.path
    if path is None and each.code in _OF_DATA:
        path = (SECTION, "data", recipe.data.key)
    if each.span is not None or path is None or path[0] != SECTION:
        return each
    return replace(each, span=span_of(places, _written(path, recipe)))


def _written(path: Path_, recipe: Recipe) -> Path_:
    """The path of an option as it is written: a part's main argument is the value of its name."""
    part = getattr(recipe, str(path[1]), None) if len(path) == 3 else None
    return (*path[:2], part.key) if isinstance(part, Part) and part.main == path[2] else path


def span_of(places: Places, path: Path_) -> Span | None:
    """The place of a value, or of its key where nothing is written for it."""
    found = places.span(path)
    is_empty = found is not None and (found.line, found.column) == (found.end_line, found.end_column)
    return places.key_span(path) if is_empty else found
