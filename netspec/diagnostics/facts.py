"""Facts: the content of diagnostics as data for programs. The words are made from a fact, and never read back.

The name of a fact's class, in snake case, is its `kind` in ``--format json``; kinds and their members are stable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from netspec.objects.immutable import immutable


@immutable
class Kind:
    """A kind of value that a place accepts.

    Attributes:
        type: ``integer``, ``number``, ``boolean``, ``text``, ``null``, ``list``, ``pair``, ``mapping``, ``expression``,
            ``any``; ``choice`` for one word; ``shape`` and others, which their words explain.
        of: The kinds of a list's or a pair's elements; empty if they are not known.
        word: The word of a choice, or the words that explain the type.
        length: The number of a list's elements; 0 if it is not known.
    """

    type: str
    of: tuple[Kind, ...] = ()
    word: str = ""
    length: int = 0

    def within(self) -> Iterator[Kind]:
        """The kind itself, and those of its elements."""
        yield self
        for each in self.of:
            yield from each.within()


class Fact:
    """Base of all facts."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """The fact as plain data, without empty members."""
        return {"kind": re.sub("(?<!^)(?=[A-Z])", "_", type(self).__name__).lower(), **_plain(self)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(each) for name, each in members.items() if each not in ("", None, (), False)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


@immutable
class Unknown(Fact):
    """A name that is unknown at its place.

    Attributes:
        name: The name as written.
        owner: The layer or the part of the recipe in which it was looked up.
        known: The possible names, if they are few enough to be listed.
        meant: The known name that was probably meant.
        certain: Whether the letters alone allow no other meaning.
        note: A remark on the name that was probably meant.
    """

    name: str
    owner: str = ""
    known: tuple[str, ...] = ()
    meant: str = ""
    certain: bool = False
    note: str = ""


@immutable
class Missing(Fact):
    """A required name that is missing.

    Attributes:
        name: The option or key.
        owner: The layer, block or part that needs it; empty for the document and its sections.
        main: Whether it is the main argument, which is written as the owner's value.
    """

    name: str
    owner: str = ""
    main: bool = False


@immutable
class WrongType(Fact):
    """A value of a kind that its place does not accept.

    Attributes:
        name: The option or key; empty if the value has none.
        wanted: The accepted kinds.
    """

    name: str
    wanted: tuple[Kind, ...] = ()

    def takes(self, *types: str) -> bool:
        """Whether the place, or a list there, accepts a kind of one of these types."""
        return any(kind.type in types for each in self.wanted for kind in each.within())

    @property
    def choices(self) -> tuple[str, ...]:
        """The accepted words."""
        return tuple(kind.word for kind in self.wanted if kind.type == "choice")


@immutable
class OutOfRange(Fact):
    """A number outside its range; an absent bound is None.

    Attributes:
        name: The option or key.
        least: The smallest number allowed.
        most: The largest.
        above: The number that it must exceed.
        below: The number that it must stay below.
    """

    name: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None


@immutable
class GivenTwice(Fact):
    """A main argument of a layer, block or part that is also written as an option."""

    name: str
    owner: str
    value: str = ""


@immutable
class TakesNone(Fact):
    """A main argument of a layer, block or part that takes none."""

    owner: str


@immutable
class Conflict(Fact):
    """Keys that exclude each other."""

    names: tuple[str, ...]


@immutable
class Needless(Fact):
    """An unnecessary option.

    Attributes:
        name: The option.
        reason: ``inferred`` from the inputs, ``idle`` if it does not change the computation, ``given`` by the main
            argument.
        by: For ``given``, the main argument as written.
    """

    name: str
    reason: str
    by: str = ""


@immutable
class NotFirst(Fact):
    """A name that must be the first key but stands behind others, or that stands as the value of `key`."""

    name: str
    key: str = ""


@immutable
class Misplaced(Fact):
    """A key that has no meaning at its place, but has one elsewhere."""

    name: str


@immutable
class RefusedName(Fact):
    """A name that its place does not allow.

    Attributes:
        name: The name as written, or the part of it that is refused.
        of: What it would name, such as ``a module``.
    """

    name: str
    of: str


@immutable
class NotReusable(Fact):
    """A module that cannot be called again.

    Attributes:
        name: The module.
        reason: ``inside`` if the call stands in it, ``function`` or ``parameter`` if it is no module, ``weights`` if
            they would have other shapes, ``options`` if it would be another module, ``entries`` if they would do
            something else.
    """

    name: str
    reason: str


@immutable
class NotYaml(Fact):
    """A text that YAML cannot read, in the parser's words: the problem, and what was being read, if it tells."""

    problem: str
    context: str = ""


@immutable
class Fits(Fact):
    """An option whose value does not fit, and values that do.

    Attributes:
        name: The option.
        values: The nearest values that fit.
        divides: The number that they divide, if that makes them fit.
    """

    name: str
    values: tuple[float, ...]
    divides: int | None = None
