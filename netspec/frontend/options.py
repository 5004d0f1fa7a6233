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
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Places, Problem, Report, kind_of
from netspec.frontend.source import Path_
from netspec.frontend.synonyms import option_meant
from netspec.frontend.written import Written, evaluate, holds_expression
from netspec.layers import registry
from netspec.layers.base import Layer


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
    if main and isinstance(entry.main, Mapping) and _are_options(entry.main, [main, *known], expected(main)):
        yield _beneath(entry, main, known)
        return
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


def _are_options(value: Mapping[str, Any], known: Sequence[str], expected: str | None) -> bool:
    """Whether a main argument that takes no mapping is one of options, which stand beside the name."""
    own = all(key in known or option_meant(key, known) for key in value)
    return own and bool(value) and "mapping" not in (expected or "")


def _beneath(entry: Entry, main: str, known: Sequence[str]) -> Problem:
    """The problem of options that stand under the name of their layer or part: `{conv: {out: 8, kernel: 3}}`."""
    name, names = entry.operation, [main, *known]
    options = {option_meant(key, names) or key: each for key, each in entry.main.items()}
    value = options.pop(main, None)
    written = ", ".join(
        f"{key}: {each}" for key, each in {name: value, **options, **entry.options}.items() if each is not None
    )
    message = f"options of `{name}` stand beside its name, not under it"
    return Problem(
        Code.WRONG_TYPE, (*entry.path, name), None, message, found=kind_of(entry.main), help=f"write `{{{written}}}`"
    )


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
    from netspec.frontend.form_errors import describe  # few options are wrong or missing

    return describe(kind.model_fields[kind.option_fields()[option]].annotation)


def given(entry: Entry, cls: type[Choice]) -> Mapping[str, Any]:
    """The options of an entry as written, its main argument included."""
    return entry.options if entry.main is None or cls.main is None else {cls.main: entry.main, **entry.options}


def place_of(name: str, entry: Entry, cls: type[Choice]) -> Path_:
    """The place of an option; the main argument stands at the name."""
    return (*entry.path, entry.operation if name == cls.main and name not in entry.options else name)


def problems_of(error: ValidationError, cls: type[Choice], entry: Entry, places: Places) -> Iterator[Problem]:
    """Pydantic's errors of an entry's options as problems, each at its place."""
    from netspec.frontend.form_errors import form_errors

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


def activation_class(operation: Any) -> type[Layer] | None:
    """The layer that may stand as an `activation` under this name."""
    cls = registry().get(operation) if isinstance(operation, str) else None
    return cls if cls is not None and cls.function is not None else None


def activation_layer(
    report: Report, written: Any, path: Path_, make: Callable[[type[Layer], dict[str, Any]], Layer]
) -> Layer | None:
    """The layer of an `activation`; None if it is invalid, which is reported.

    Args:
        report: Takes the errors.
        written: A layer's name, or a mapping of the name to its main argument, and options.
        path: Its place.
        make: Makes a layer from its options.
    """
    operation, main, options = written, None, {}
    if isinstance(written, dict) and written:
        operation, main = next(iter(written.items()))
        options = {key: value for key, value in written.items() if key != operation}
    cls = activation_class(operation)
    if cls is None:
        unknown_activation(report, operation, path)
        return None
    if main is not None and cls.main is None:
        help = f"write `activation: {operation}`"
        report.add(Code.BAD_ENTRY, "", path, found=kind_of(main), help=help, fact=TakesNone(str(operation)))
        return None
    if main is not None:
        options = {str(cls.main): main, **options}
    try:
        return make(cls, options)
    except ValidationError as error:
        from netspec.frontend.form_errors import form_errors

        report.extend(replace(each, location=path) for each in form_errors(error, cls, path, option=True))
        return None


def unknown_activation(report: Report, operation: Any, path: Path_) -> None:
    """Report an `activation` that does not exist."""
    is_layer = isinstance(operation, str) and operation in registry()
    report.add(
        Code.BAD_OPTION,
        f"`{operation}` cannot be an `activation`" if is_layer else "there is no such activation",
        path,
        found=kind_of(operation),
        expected="a layer without weights that computes on each element, such as `relu`",
        help="write it as an entry of its own, after this one" if is_layer else None,
        fact=None if is_layer else _meant(str(operation)),
    )


def _meant(name: str) -> Unknown:
    """The diagnostic fact of an activation that does not exist."""
    from netspec.frontend.foreign import unknown_layer

    return unknown_layer(name, [op for op, each in registry().items() if each.function is not None])
