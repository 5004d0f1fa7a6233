"""What an elaboration reads of shapes: values of expressions, and values that came of such.

A value that decides something by itself (a condition, a count, a name) must stay as it was for a recorded elaboration
to hold. One that is merely passed on, to an option or a variable, may change: it becomes a derived value, whose slot
tells those who use it where it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from netspec import expr as e
from netspec.frontend.expressions import Template, parse
from netspec.frontend.parameters import VIEWS
from netspec.frontend.views import ShapeView
from netspec.objects.immutable import immutable

Tensor = int
"""What flows, numbered: the network's inputs, then what each call gives."""

Seen = tuple[str, str]
"""A view, ``x`` or ``input``, and a property that is read of it."""


class DerivedInt(int):
    """An integer that came of shapes."""

    slot: int


class DerivedTuple(tuple[Any, ...]):
    """A list that came of shapes."""

    slot: int


@immutable
class Reading:
    """A value that came of shapes, as it was computed.

    Attributes:
        raw: What is written.
        variables: What its expressions read, views left out.
        views: What the views are of.
        seen: Properties that are read of them, with their values.
        slots: Derived variables that are read, by name.
        value: What it came to.
        slot: Where the value is kept for those who use it; None where it must stay what it is.
    """

    raw: Any
    variables: Mapping[str, Any]
    views: Mapping[str, Tensor]
    seen: tuple[tuple[Tensor, str, Any], ...]
    slots: Mapping[str, int]
    value: Any
    slot: int | None


@lru_cache(maxsize=4096)
def read_of_text(text: str) -> tuple[frozenset[str], frozenset[Seen]]:
    """The names that a text's expressions read, and the properties of views among them."""
    parsed = parse(text)
    parts = parsed.parts if isinstance(parsed, Template) else (parsed,)
    found = [part for part in parts if isinstance(part, e.Expr)]
    return frozenset().union(*map(e.names, found)), frozenset(seen for part in found for seen in _seen(part))


def read_of(raw: Any) -> tuple[frozenset[str], frozenset[Seen]]:
    """The same of anything that is written: of all texts in a list or a mapping."""
    if isinstance(raw, str):
        return read_of_text(raw) if "$" in raw else (frozenset(), frozenset())
    inner = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, (list, tuple)) else ()
    found = [read_of(each) for each in inner]
    return frozenset().union(*(names for names, _ in found)), frozenset().union(*(seen for _, seen in found))


def _seen(expr: e.Expr) -> Iterator[Seen]:
    """Properties of views; a view that stands for itself is read whole."""
    match expr:
        case e.Attribute(e.Name(id), name) if id in VIEWS:
            yield id, name
        case e.Name(id) if id in VIEWS:
            yield id, "shape"
        case _:
            for part in e.children(expr):
                yield from _seen(part)


def property_of(shape: tuple[int, ...], name: str) -> Any:
    """A property of a shape as expressions have it; None where the shape has none such."""
    try:
        return getattr(ShapeView(shape), name)
    except e.ExpressionError:
        return None


def plain(value: Any) -> Any:
    """A value without slots, in its parts too."""
    if isinstance(value, tuple):
        return tuple([plain(each) for each in value])
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return int(value) if isinstance(value, DerivedInt) else value


def derived(value: Any, slot: int) -> Any:
    """A plain value with a slot; None for a type that cannot have one."""
    made: Any = DerivedInt(value) if type(value) is int else DerivedTuple(value) if type(value) is tuple else None
    if made is not None:
        made.slot = slot
    return made
