"""Pydantic's errors of a form as problems: one for each place, in the words of a spec."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core.core_schema import ErrorType

from netspec.diagnostics import (
    CROWDED,
    Code,
    unknown,
)
from netspec.diagnostics.facts import Fact, Kind, Missing, OutOfRange, Unknown, WrongType
from netspec.diagnostics.words import in_words
from netspec.frontend.problems import MOST_ERRORS, Problem, kind_of
from netspec.frontend.source import Path_
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
        length = len(parts) if len(parts) == len(get_args(annotation)) else 0
        return (Kind("pair", of) if length == 2 else Kind("list", of, length=length),)
    if origin is not None:
        return kinds(origin)
    if isinstance(annotation, type) and annotation not in _KINDS:
        spoken = getattr(annotation, "spoken", None)
        return (Kind("shape", word=spoken) if spoken else Kind("mapping"),)
    return (_KINDS.get(annotation) or Kind("form", word=str(annotation)),)


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def form_errors(error: ValidationError, model: type[BaseModel], path: Path_, *, option: bool = False) -> list[Problem]:
    """A pydantic error as problems, one for each place.

    Args:
        error: The pydantic error.
        model: The model that refused the data.
        path: The place of the data in the document.
        option: Whether its fields are a layer's options rather than a document's keys.
    """
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    problems: dict[Path_, Problem] = {}
    errors = _faults(error)
    inside: dict[Path_, list[Any]] = {}
    for each in errors:
        inside.setdefault(_home(known, each["loc"]), []).append(each)
    outermost = {home: min(faults, key=lambda each: len(_within(each["loc"]))) for home, faults in inside.items()}
    infinite = {_field(known, each["loc"])[0] for each in errors if each["type"] == "finite_number"}
    for each in errors:
        top = str(each["loc"][0]) if each["loc"] else ""
        here = (*path, *_within(each["loc"]))
        if each["type"] == "finite_number":
            name, _ = _field(known, each["loc"])
            fact: Fact = WrongType(name, (Kind("number", word="a finite number"),))
            found = kind_of(each["input"])
            problems[here] = Problem(Code.BAD_OPTION, here, fact, f"`{name}` must be finite", found=found)
        elif _field(known, each["loc"])[0] in infinite:
            continue  # errors of the other types in the union: only the number is wrong
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
            name, annotation = _field(known, each["loc"])
            if len(each["loc"]) > 1 and top in known:
                # A fault inside a field of a union type is reported once, at the field.
                first = outermost[_home(known, each["loc"])]
                place, found = (*path, *_within(first["loc"])), kind_of(first["input"])
            if each["type"] in _BOUNDS:
                fact = _out_of_range(name, each.get("ctx", {}))
                problems[place] = Problem(Code.BAD_OPTION, place, fact, found=found)
            elif each["type"] == "value_error" and not each["loc"]:  # options that exclude each other
                problems[place] = Problem(Code.BAD_OPTION, place, None, str(each["ctx"]["error"]))
            elif each["type"] == "value_error":
                message = str(each["ctx"]["error"])
                problems.setdefault(place, Problem(Code.WRONG_TYPE, place, WrongType(name), message, found=found))
            else:
                taken = kinds(annotation) if annotation is not None else ()
                if each["type"] not in _OF_PYDANTIC:
                    taken = (Kind("form", word=each["msg"]),)
                elif name in getattr(model, "filled", ()):
                    taken = tuple(kind for kind in taken if kind.type != "null")
                fact, expected = WrongType(name, taken), _in_number(each, taken)
                problems.setdefault(place, Problem(Code.WRONG_TYPE, place, fact, found=found, expected=expected))
    meant = {each.fact.meant for each in problems.values() if isinstance(each.fact, Unknown)}
    return [each for each in problems.values() if not (isinstance(each.fact, Missing) and each.fact.name in meant)]


def _faults(error: ValidationError) -> list[Any]:
    """Pydantic's errors, those of a list's length at the list.

    It tells of each element that a list of fixed length lacks as of a missing key, and calls a list too short whose
    elements are only wrong.
    """
    found: list[Any] = []
    for each in error.errors(include_url=False, include_context=True)[:MOST_ERRORS]:
        if each["type"] == "missing" and each["loc"] and isinstance(each["loc"][-1], int):
            found.append({**each, "type": "tuple_type", "loc": each["loc"][:-1]})
        elif each["type"] != "too_short" or len(each["input"]) < each["ctx"]["min_length"]:
            found.append(each)
    return found


def _in_number(fault: Mapping[str, Any], taken: tuple[Kind, ...]) -> str | None:
    """The expected values of a list that has too few or too many elements, with their number; else None."""
    ctx = fault.get("ctx", {})
    side, number = next(((s, ctx[k]) for s, k in _NUMBERS.items() if k in ctx), ("", 0))
    if not side or any(kind.length or kind.type == "pair" for kind in taken):
        return None
    return f"{in_words(taken)}, with {side} {number} {'element' if number == 1 else 'elements'}"


_NUMBERS = {"at least": "min_length", "at most": "max_length"}


_OF_PYDANTIC = frozenset(get_args(ErrorType))
"""Error types of pydantic itself; the message of any other error states the expected value, in words."""


_BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}


def _out_of_range(name: str, context: Mapping[str, Any]) -> OutOfRange:
    """The fact of a number out of range, from the bounds in pydantic's context."""
    return OutOfRange(name, context.get("ge"), context.get("le"), context.get("gt"), context.get("lt"))


def _within(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """A pydantic location without the names of union members and validators."""
    marks = ("function-", "constrained-", "tuple[", "literal[", "int", "str", "float", "bool", "list[", "dict[", "is-")
    return tuple(p for p in location if isinstance(p, int) or not p.startswith(marks) or p == location[0])


def _field(known: Mapping[str, Any], location: tuple[int | str, ...]) -> tuple[str, Any]:
    """The name of the field that is at fault, and its type; of a form in a mapping by name, its own field."""
    top = str(location[0]) if location else ""
    annotation = known[top].annotation if top in known else None
    if get_origin(annotation) is dict and len(location) > 2:
        inner = getattr(get_args(annotation)[1], "model_fields", {})
        if (name := str(location[2])) in inner:
            return name, inner[name].annotation
    return top, annotation


def _home(known: Mapping[str, Any], location: tuple[int | str, ...]) -> Path_:
    """The location of the field that is at fault, whatever the types and items inside it."""
    name, _ = _field(known, location)
    return location[:3] if location and name != str(location[0]) else location[:1]


def _inner_fields(known: Mapping[str, Any], top: str) -> list[str]:
    annotation = known[top].annotation if top in known else None
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        inner = getattr(candidate, "model_fields", None)
        if inner:
            return [field.alias or name for name, field in inner.items()]
    return []


def _values(known: Mapping[str, Any], top: str, location: tuple[int | str, ...]) -> tuple[Any, Any] | None:
    """The key and value types of the mapping that directly contains a fault; None if no mapping does."""
    annotation = known[top].annotation if top in known else None
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if get_origin(candidate) is dict and 1 < len(location) <= 3:
            keys, type_ = get_args(candidate)
            inside = [part for part in _within(location)[2:] if part != "[key]"]
            return (keys, type_) if not inside and type_ is not JsonValue and get_origin(type_) is not dict else None
    return None
