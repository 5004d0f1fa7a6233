"""A layer's options as an entry writes them, made a layer, and those of a wrong type among them."""

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
    """The layer with these options, whose sequences are tuples; where a field is a list, a list is given."""
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
    """A value with lists for its tuples at some places; of a union, a place names the kind too, which is passed by."""
    if isinstance(value, dict):
        return {k: _with_lists(v, [place[1:] for place in places if place[:1] == (k,)]) for k, v in value.items()}
    if not isinstance(value, (tuple, list)) or not places:
        return value
    starts = [next((n for n, part in enumerate(place) if isinstance(part, int)), len(place)) for place in places]
    below = [place[start:] for place, start in zip(places, starts, strict=True)]
    inner = [_with_lists(v, [place[1:] for place in below if place[:1] == (n,)]) for n, v in enumerate(value)]
    return inner if () in below else type(value)(inner)


def wrong_types(entry: Entry, cls: type[Layer], places: Places) -> list[Problem]:
    """The options whose values are of a wrong type, as far as they hold no expressions."""
    plain = {name: evaluate(value, {}) for name, value in given(entry, cls).items() if not holds_expression(value)}
    try:
        validated(cls, plain)
    except ValidationError as error:
        if all(each["type"] == "missing" for each in error.errors(include_url=False, include_input=False)):
            return []  # what an expression gives
        return [each for each in problems_of(error, cls, entry, places) if not isinstance(each.fact, Missing)]
    return []
