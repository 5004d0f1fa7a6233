"""Validation of a layer's options as written in an entry: the layer, or the options of a wrong type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics.facts import Missing
from netspec.frontend.entries import Entry
from netspec.frontend.options import given, problems_of
from netspec.frontend.problems import Places, Problem
from netspec.frontend.readable import holds_expression
from netspec.frontend.written import evaluate
from netspec.layers.base import Layer


def validated(cls: type[Layer], options: dict[str, Any]) -> Layer:
    """The layer with these options. Their sequences are tuples; a field of list type gets a list."""
    try:
        return cls.model_validate(options)
    except ValidationError as error:
        listed = _with_lists(options, [each["loc"] for each in error.errors() if each["type"] == "list_type"])
        if listed == options:
            raise
        try:
            return validated(cls, listed)
        except ValidationError:
            raise error from None


def _with_lists(value: Any, places: Sequence[tuple[int | str, ...]]) -> Any:
    """A value with its tuples at some places made lists. In a union, a place also names the kind; it is skipped."""
    if isinstance(value, dict):
        return {k: _with_lists(v, [place[1:] for place in places if place[:1] == (k,)]) for k, v in value.items()}
    if not isinstance(value, (tuple, list)) or not places:
        return value
    starts = [next((n for n, part in enumerate(place) if isinstance(part, int)), len(place)) for place in places]
    below = [place[start:] for place, start in zip(places, starts, strict=True)]
    inner = [_with_lists(v, [place[1:] for place in below if place[:1] == (n,)]) for n, v in enumerate(value)]
    return inner if () in below else type(value)(inner)


def wrong_types(entry: Entry, cls: type[Layer], places: Places) -> list[Problem]:
    """Options whose values have a wrong type; values with expressions are not checked."""
    plain = {name: evaluate(value, {}) for name, value in given(entry, cls).items() if not holds_expression(value)}
    try:
        validated(cls, plain)
    except ValidationError as error:
        if all(each["type"] == "missing" for each in error.errors(include_url=False, include_input=False)):
            return []  # an expression gives this value
        return [each for each in problems_of(error, cls, entry, places) if not isinstance(each.fact, Missing)]
    return []
