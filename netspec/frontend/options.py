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
from netspec.frontend.problems import Places, Problem, Report, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.written import Written


def check_options(
    entry: Entry,
    report: Report,
    known: Sequence[str],
    main: str | None,
    needed: Sequence[str],
    unknown: Callable[[str], Unknown | Needless],
    expected: Callable[[str], str | None],
) -> bool:
    """Whether an entry has all required options of its choice and no unknown ones.

    Args:
        entry: The entry.
        report: Takes the errors.
        known: The existing options.
        main: The option that the main argument sets, if any.
        needed: The required options.
        unknown: Returns the fact of an unknown option, with its likely meaning.
        expected: Returns the values that an option takes, in words.
    """
    name, sound = entry.operation, True  # an error that is reported already is not reported again, but still counts
    meant: set[str] = set()
    names = frozenset(known)
    for key in entry.options:
        if key == main and entry.main is not None:
            fact = GivenTwice(key, name, str(entry.main))
            report.add(Code.CONFLICTING_KEYS, "", (*entry.path, key), key=True, fact=fact)
            sound = False
        elif key not in names:
            found = unknown(key)
            report.add(
                Code.UNKNOWN_OPTION,
                f"`{name}` has no option `{key}`",
                (*entry.path, key),
                key=True,
                expected=f"one of {', '.join(known)}" if known else "no options",
                fact=found,
            )
            meant.add(found.meant if isinstance(found, Unknown) else "")
            sound = False
    if entry.main is not None and main is None:
        report.add(Code.BAD_ENTRY, "", (*entry.path, name), found=kind_of(entry.main), fact=TakesNone(name))
        sound = False
    for option in needed:
        if option not in entry.options and option not in meant and not (option == main and entry.main is not None):
            absent, place = Missing(option, name, option == main), (*entry.path, name)
            report.add(Code.MISSING_OPTION, "", place, key=True, expected=expected(option), fact=absent)
            sound = False
    return sound


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
