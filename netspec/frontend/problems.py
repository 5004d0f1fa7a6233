"""Collects what is wrong with a spec, each at its place in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core.core_schema import ErrorType

from netspec.diagnostics import (
    CROWDED,
    Code,
    Diagnostic,
    NetspecError,
    Related,
    Span,
    unknown,
)
from netspec.diagnostics.facts import Fact, Kind, Missing, OutOfRange, Unknown, WrongType
from netspec.diagnostics.words import in_words
from netspec.expr import extent
from netspec.frontend.describe import kinds
from netspec.frontend.source import Path_
from netspec.frontend.written import Written
from netspec.objects.immutable import immutable


class Places(Protocol):
    """Where the values and keys of a document stand."""

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""

    def key_span(self, path: Path_) -> Span | None:
        """The place of a value's key."""

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly that path."""

    def written(self, path: Path_) -> str | None:
        """A scalar as it was written."""

    def is_broken(self, path: Path_) -> bool:
        """Whether the value lies where YAML tore an expression apart."""


class _Nowhere:
    def span(self, path: Path_) -> Span | None:
        return None

    key_span = span

    def has(self, path: Path_) -> bool:
        return False

    def written(self, path: Path_) -> str | None:
        return None

    is_broken = has


NOWHERE: Places = _Nowhere()
"""The places of data that were never text."""


@immutable
class Problem:
    """Something wrong at a path of the document; `key` puts the caret on the key."""

    code: Code
    location: Path_
    fact: Fact | None = None
    message: str = ""
    key: bool = False
    found: str | None = None
    expected: str | None = None
    help: str | None = None


MOST_ERRORS = 1_000
"""After so many errors a spec is checked no further."""


class Report:
    """The diagnostics of one spec, as they come up."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.diagnostics: list[Diagnostic] = []
        self.seen: dict[tuple[object, Span | Path_], int] = {}
        self.repeated: Counter[int] = Counter()

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""
        return self.places.span(path)

    def add(
        self,
        code: Code,
        message: str,
        path: Path_,
        *,
        key: bool = False,
        found: str | None = None,
        expected: str | None = None,
        help: str | None = None,
        related: tuple[Related, ...] = (),
        shapes: tuple[tuple[int, ...], ...] = (),
        fact: Fact | None = None,
    ) -> None:
        """Note one error, unless the text itself is broken there: that was told already.

        What is not given in words is said as the fact says it.

        Raises:
            NetspecError: There are so many that no more are looked for.
        """
        if self.places.is_broken(path):
            return
        span = self.places.key_span(path) if key else self.places.span(path)
        told = Diagnostic(code, message, span, found, expected, help, related, path=path, shapes=shapes, fact=fact)
        # Each round of a repeat, each call of a block finds the same fault, with numbers of its own.
        fault = told.alike, span or path
        if fault in self.seen:
            self.repeated[self.seen[fault]] += told.message != self.diagnostics[self.seen[fault]].message
            return
        self.seen[fault] = len(self.diagnostics)
        self.diagnostics.append(told)
        if len(self.diagnostics) >= MOST_ERRORS:
            self.check()

    def extend(self, problems: Iterable[Problem], related: tuple[Related, ...] = ()) -> None:
        """Note several errors."""
        for p in problems:
            self.add(
                p.code,
                p.message,
                p.location,
                key=p.key,
                found=p.found,
                expected=p.expected,
                help=p.help,
                related=related,
                fact=p.fact,
            )

    def unknown(self, name: str, known: Iterable[str], **told: Any) -> Unknown:
        """A name that means nothing, as `unknown` tells it; without the nearest where there are too many errors."""
        return unknown(name, known if len(self.diagnostics) < CROWDED else (), **told)

    def suggests(self, key: str) -> bool:
        """Whether an unknown key was taken for a misspelt `key`, which then is not missing."""
        return any(isinstance(each.fact, Unknown) and each.fact.meant == key for each in self.diagnostics)

    def check(self, partial: Any = None) -> None:
        """Raise a `NetspecError` if there is any error."""
        if self.diagnostics:
            raise NetspecError(self.told(), partial)

    def told(self) -> list[Diagnostic]:
        """The errors, each with how often it comes again elsewhere with other numbers."""
        told = list(self.diagnostics)
        for at, times in self.repeated.items():
            if times:
                again = Related(None, f"and {times} more in other rounds or calls, with other numbers")
                told[at] = replace(told[at], related=(*told[at].related, again))
        return told


def kind_of(value: Any) -> str:
    """What a value is, in the words of a spec."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (str, Written)):
        text = str(value)
        return f"the text `{text if len(text) <= 60 else text[:57] + '...'}`"
    if isinstance(value, (list, tuple)):
        if len(value) < 20 and extent(value, 40) < 40:
            inner = ", ".join(str(v) for v in value)
            if len(inner) < 40:
                return f"the list [{inner}]"
        return f"a list of {len(value)}"
    return f"`{value}`"


def form_errors(error: ValidationError, model: type[BaseModel], path: Path_, *, option: bool = False) -> list[Problem]:
    """A pydantic error as problems, one for each place.

    Args:
        error: What pydantic says.
        model: The model that refused the data.
        path: Where the data stand in the document.
        option: Whether its fields are a layer's options rather than a document's keys.
    """
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    problems: dict[Path_, Problem] = {}
    errors = error.errors(include_url=False, include_context=True)[:MOST_ERRORS]
    inside: dict[str, list[Any]] = {}
    for each in errors:
        if each["loc"]:
            inside.setdefault(str(each["loc"][0]), []).append(each)
    outermost = {name: min(faults, key=lambda each: len(_within(each["loc"]))) for name, faults in inside.items()}
    infinite = {each["loc"][0] for each in errors if each["type"] == "finite_number"}
    for each in errors:
        top = str(each["loc"][0]) if each["loc"] else ""
        here = (*path, *_within(each["loc"]))
        if each["type"] == "finite_number":
            fact: Fact = WrongType(top, (Kind("number", word="a finite number"),))
            found = kind_of(each["input"])
            problems[here] = Problem(Code.BAD_OPTION, here, fact, f"`{top}` must be finite", found=found)
        elif top in infinite:
            continue  # its other possible types: all that is wrong is the number
        elif each["type"] == "extra_forbidden":
            names = known if len(each["loc"]) == 1 else _inner_fields(known, top)
            key = str(each["loc"][-1])
            code = Code.UNKNOWN_OPTION if option else Code.UNKNOWN_KEY
            message = f"there is no {'option' if option else 'key'} `{key}` here"
            sought = names if len(problems) < CROWDED else ()
            problems[here] = Problem(code, here, unknown(key, sought, listed=sorted(names)), message, True)
        elif each["type"] == "missing":
            code = Code.MISSING_OPTION if option else Code.MISSING_KEY
            key = str(each["loc"][-1])
            taken = kinds(known[top].annotation) if len(each["loc"]) == 1 and top in known else ()
            problems[here] = Problem(code, here[:-1], Missing(key), expected=in_words(taken) or None)
        elif values := _values(known, top, each["loc"]):
            key, (keys, type_) = str(each["loc"][1]), values
            here = (*path, top, key)
            bound = each["type"] in _BOUNDS
            fact = _out_of_range(key, each["ctx"]) if bound else WrongType(key, kinds(type_))
            code = Code.BAD_OPTION if bound else Code.WRONG_TYPE
            problems.setdefault(here, Problem(code, here, fact, found=kind_of(each["input"])))
            if each["loc"][-1] == "[key]":
                names = [str(name) for name in get_args(keys)]
                message = f"there is no key `{key}` here"
                problems[here] = Problem(
                    Code.UNKNOWN_KEY, here, unknown(key, names, listed=sorted(names)), message, True
                )
        else:
            place = here
            found = kind_of(each["input"])
            if len(each["loc"]) > 1 and top in known:
                # A fault inside a field of several possible types is reported once, at the field.
                place = (*path, *_within(outermost[top]["loc"]))
                found = kind_of(outermost[top]["input"])
            if each["type"] in _BOUNDS:
                fact = _out_of_range(top, each.get("ctx", {}))
                problems[place] = Problem(Code.BAD_OPTION, place, fact, found=found)
            elif each["type"] == "value_error" and not each["loc"]:  # options that do not go together
                problems[place] = Problem(Code.BAD_OPTION, place, None, str(each["ctx"]["error"]))
            elif each["type"] == "value_error":
                message = str(each["ctx"]["error"])
                problems.setdefault(place, Problem(Code.WRONG_TYPE, place, WrongType(top), message, found=found))
            else:
                taken = kinds(known[top].annotation) if top in known else ()
                if each["type"] not in _OF_PYDANTIC:
                    taken = (Kind("form", word=each["msg"]),)
                problems.setdefault(place, Problem(Code.WRONG_TYPE, place, WrongType(top, taken), found=found))
    meant = {each.fact.meant for each in problems.values() if isinstance(each.fact, Unknown)}
    return [each for each in problems.values() if not (isinstance(each.fact, Missing) and each.fact.name in meant)]


_OF_PYDANTIC = frozenset(get_args(ErrorType))
"""Faults that pydantic tells; what a validator of its own tells is what it expects, in words."""


_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


def _out_of_range(name: str, context: Mapping[str, Any]) -> OutOfRange:
    """What pydantic says of a number's bound."""
    return OutOfRange(name, context.get("ge"), context.get("le"), context.get("gt"), context.get("lt"))


def _within(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A pydantic location without the names of union members and validators."""
    marks = ("function-", "constrained-", "tuple[", "literal[", "int", "str", "float", "bool", "list[", "dict[", "is-")
    return tuple(p for p in location if isinstance(p, int) or not p.startswith(marks) or p == location[0])


def _inner_fields(known: Mapping[str, Any], top: str) -> list[str]:
    annotation = known[top].annotation if top in known else None
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        inner = getattr(candidate, "model_fields", None)
        if inner:
            return [field.alias or name for name, field in inner.items()]
    return []


def _values(known: Mapping[str, Any], top: str, location: tuple[int | str, ...]) -> tuple[Any, Any] | None:
    """The types of the keys and values of a mapping that a fault lies directly in; None where it lies elsewhere."""
    annotation = known[top].annotation if top in known else None
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if get_origin(candidate) is dict and 1 < len(location) <= 3:
            keys, type_ = get_args(candidate)
            inside = [part for part in _within(location)[2:] if part != "[key]"]
            return (keys, type_) if not inside and type_ is not JsonValue and get_origin(type_) is not dict else None
    return None
