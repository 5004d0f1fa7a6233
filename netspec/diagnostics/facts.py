"""Facts: what a diagnostic says, as data that programs read. Its words are made from it, never read back.

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
    """A kind of value that may stand at a place.

    Attributes:
        type: ``integer``, ``number``, ``boolean``, ``text``, ``null``, ``list``, ``pair``, ``mapping``, ``expression``,
            ``any``; ``choice`` for one word; ``shape`` and others, which their words tell.
        of: The kinds of a list's or a pair's elements; none where they are not known.
        word: The word of a choice, or the words that tell the type.
    """

    type: str
    of: tuple[Kind, ...] = ()
    word: str = ""

    def within(self) -> Iterator[Kind]:
        """The kind itself, and those of its elements."""
        yield self
        for each in self.of:
            yield from each.within()


class Fact:
    """Base of all facts."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """The fact as plain data; members that say nothing are left out."""
        return {"kind": re.sub("(?<!^)(?=[A-Z])", "_", type(self).__name__).lower(), **_plain(self)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(each) for name, each in members.items() if each not in ("", None, (), False)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


@immutable
class Unknown(Fact):
    """A name that means nothing where it stands.

    Attributes:
        name: The name as written.
        owner: What it was sought in: a layer, a part of the recipe.
        known: What could stand there, where that is few enough to be listed.
        meant: The known name that is taken to be meant.
        certain: Whether nothing else can have been meant, by the letters alone.
        note: What else is to be known of the one that is meant.
    """

    name: str
    owner: str = ""
    known: tuple[str, ...] = ()
    meant: str = ""
    certain: bool = False
    note: str = ""


@immutable
class Missing(Fact):
    """Something that must be written, and is not.

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
    """A value of another kind than may stand there.

    Attributes:
        name: The option or key; empty where the value has none.
        wanted: The kinds that may.
    """

    name: str
    wanted: tuple[Kind, ...] = ()

    def takes(self, *types: str) -> bool:
        """Whether a kind of one of these types may stand there, or in a list there."""
        return any(kind.type in types for each in self.wanted for kind in each.within())

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may stand there."""
        return tuple(kind.word for kind in self.wanted if kind.type == "choice")


@immutable
class OutOfRange(Fact):
    """A number beside its range; each bound is None where there is none.

    Attributes:
        name: The option or key.
        least: The smallest number allowed.
        most: The largest.
        above: What it must be greater than.
        below: What it must be less than.
    """

    name: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None


@immutable
class GivenTwice(Fact):
    """The main argument of a layer, block or part, written as an option too."""

    name: str
    owner: str
    value: str = ""


@immutable
class TakesNone(Fact):
    """A main argument for what takes none."""

    owner: str


@immutable
class Conflict(Fact):
    """Keys of which one alone can stand."""

    names: tuple[str, ...]


@immutable
class Needless(Fact):
    """An option that may be left out.

    Attributes:
        name: The option.
        reason: ``inferred`` from what flows in, ``idle`` where it changes nothing that is computed, ``given`` by the
            main argument.
        by: For ``given``, the main argument as written.
    """

    name: str
    reason: str
    by: str = ""


@immutable
class NotFirst(Fact):
    """A name that stands behind other keys and must be the first, or that stands as the value of `key`."""

    name: str
    key: str = ""


@immutable
class Misplaced(Fact):
    """A key that stands where it has no meaning, and has one elsewhere."""

    name: str


@immutable
class Fits(Fact):
    """An option that does not fit, and values that do.

    Attributes:
        name: The option.
        values: The nearest values that fit.
        divides: What they divide, where that makes them fit.
    """

    name: str
    values: tuple[float, ...]
    divides: int | None = None


@immutable
class TooSmall(Fact):
    """An input that is smaller than what slides over it.

    Attributes:
        sizes: Its spatial axes, with their padding.
        window: The kernel's extent along each.
    """

    sizes: tuple[int, ...]
    window: tuple[int, ...]


@immutable
class Mend:
    """What makes one of several inputs the others' like: ``by`` ... the input ... ``into``."""

    input: int
    by: str
    into: str


@immutable
class Unequal(Fact):
    """Inputs whose shapes must agree and do not.

    Attributes:
        shapes: The shape of each.
        names: What each is called, where it has a name.
        mend: What makes one like the others.
    """

    shapes: tuple[tuple[int, ...], ...]
    names: tuple[str, ...] = ()
    mend: Mend | None = None


@immutable
class WrongDtype(Fact):
    """An element type that a layer does not compute with.

    Attributes:
        input: The input of the network that has it; empty where it comes from a layer.
        wanted: A type that it computes with.
    """

    input: str
    wanted: str
