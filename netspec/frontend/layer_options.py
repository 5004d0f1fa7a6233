"""A layer's options as an entry writes them: each where it stands, made a layer, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from netspec.choices import Choice
from netspec.diagnostics.facts import Missing, WrongType
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Places, Problem, form_errors
from netspec.frontend.readable import holds_expression
from netspec.frontend.source import Path_
from netspec.frontend.written import Written, evaluate
from netspec.layers.base import Layer


def given(entry: Entry, cls: type[Choice]) -> Mapping[str, Any]:
    """The options that an entry gives what it names, its main argument among them, as they are written."""
    return entry.options if entry.main is None or cls.main is None else {cls.main: entry.main, **entry.options}


def place_of(name: str, entry: Entry, cls: type[Choice]) -> Path_:
    """Where an option is written; the main argument stands at the name."""
    return (*entry.path, entry.operation if name == cls.main and name not in entry.options else name)


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


def problems_of(error: ValidationError, cls: type[Choice], entry: Entry, places: Places) -> Iterator[Problem]:
    """What pydantic says of the options that an entry gives what it names, each at its place."""
    depth = len(entry.path)
    for problem in form_errors(error, cls, entry.path, option=True):
        where = problem.location
        name = str(where[depth]) if len(where) > depth else ""
        place = place_of(name, entry, cls) if name else where
        raw = given(entry, cls).get(name)
        if isinstance(raw, (str, Written)) and isinstance(fact := problem.fact, WrongType):
            text = str(raw)
            if re.search(r"[^/]/[^/]", text) and fact.takes("integer") and not fact.takes("number"):
                problem = replace(problem, help="`/` gives a float; `//` divides to an integer")
            elif text.startswith("(") and fact.takes("list", "pair"):
                problem = replace(problem, help=f"a list is written in brackets: [{text.strip('() ')}]")
        # A caret inside a list stays there; an expression's value has no parts of its own.
        inside = (*place, *where[depth + 1 :])
        yield replace(problem, location=inside if places.has(inside) else place)


def wrong_types(entry: Entry, cls: type[Layer], places: Places) -> list[Problem]:
    """The options whose values are of a wrong type, as far as they hold no expressions."""
    plain = {name: evaluate(value, {}) for name, value in given(entry, cls).items() if not holds_expression(value)}
    try:
        validated(cls, plain)
    except ValidationError as error:
        return [each for each in problems_of(error, cls, entry, places) if not isinstance(each.fact, Missing)]
    return []
