"""The options of a layer, block or part of a recipe as written in an entry: names, places, values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from netspec.choices import Choice
from netspec.diagnostics import Code
from netspec.diagnostics.facts import GivenTwice, Missing, Needless, TakesNone, Unknown, WrongType
from netspec.frontend.describe import describe
from netspec.frontend.entries import Entry
from netspec.frontend.form_errors import form_errors
from netspec.frontend.problems import Places, Problem, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.written import Written


def wrong_options(
    entry: Entry,
    known: Sequence[str],
    main: str | None,
    needed: Sequence[str],
    unknown: Callable[[str], Unknown | Needless],
    expected: Callable[[str], str | None],
) -> Iterator[Problem]:
    """Problems of an entry's options that their names show: unknown, missing, needless or given twice.

    Args:
        entry: The entry.
        known: The existing options.
        main: The option that the main argument sets, if any.
        needed: The required options.
        unknown: Returns the fact of an unknown option, with its likely meaning.
        expected: Returns the values that an option takes, in words.
    """
    name, given_main = entry.operation, main if entry.main is not None else None
    meant: set[str] = set()
    names = frozenset(known)
    yield from wrong_main(entry, main)
    for key in entry.options:
        if key not in names and key != given_main:
            fact, listed = unknown(key), f"one of {', '.join(known)}" if known else "no options"
            message = f"`{name}` has no option `{key}`"
            yield Problem(Code.UNKNOWN_OPTION, (*entry.path, key), fact, message, key=True, expected=listed)
            meant.add(fact.meant if isinstance(fact, Unknown) else "")
    for option in needed:
        if option not in entry.options and option not in meant and option != given_main:
            absent = Missing(option, name, option == main)
            yield Problem(Code.MISSING_OPTION, (*entry.path, name), absent, key=True, expected=expected(option))


def wrong_main(entry: Entry, main: str | None, layer: str = "") -> Iterator[Problem]:
    """The problem of a main argument that the entry's choice does not take, or that an option gives, too.

    Args:
        entry: The entry.
        main: The option that the main argument sets, if any.
        layer: The layer, if an expression gives it.
    """
    name, value = entry.operation, entry.main
    if value is None:
        return
    if main is None:
        message = f"`{layer}`, which `{name}` gives, takes no main argument" if layer else ""
        yield Problem(Code.BAD_ENTRY, (*entry.path, name), TakesNone(name), message, found=kind_of(value))
    elif main in entry.options:
        yield Problem(Code.CONFLICTING_KEYS, (*entry.path, main), GivenTwice(main, name, str(value)), key=True)


def takes(kind: type[Choice], option: str) -> str:
    """The values that an option takes, in words."""
    return describe(kind.model_fields[kind.option_fields()[option]].annotation)


def given(entry: Entry, cls: type[Choice]) -> Mapping[str, Any]:
    """The options of an entry as written, its main argument included."""
    return entry.options if entry.main is None or cls.main is None else {cls.main: entry.main, **entry.options}


def place_of(name: str, entry: Entry, cls: type[Choice]) -> Path_:
    """The place of an option; the main argument stands at the name."""
    return (*entry.path, entry.operation if name == cls.main and name not in entry.options else name)


def problems_of(error: ValidationError, cls: type[Choice], entry: Entry, places: Places) -> Iterator[Problem]:
    """Pydantic's errors of an entry's options as problems, each at its place."""
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
        # A caret inside a list stays there; the parts of an expression's value have no places.
        inside = (*place, *where[depth + 1 :])
        yield replace(problem, location=inside if places.has(inside) else place)
