"""Collection of the errors of a spec, each at its place in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol, TypedDict, Unpack

from netspec.diagnostics import (
    CROWDED,
    Code,
    Diagnostic,
    NetspecError,
    Related,
    Span,
    unknown,
)
from netspec.diagnostics.facts import Fact, Unknown
from netspec.expr import extent
from netspec.frontend.source import Path_, Source
from netspec.frontend.written import Written
from netspec.objects.immutable import immutable


class Places(Protocol):
    """The places of the values and keys of a document."""

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""

    def key_span(self, path: Path_) -> Span | None:
        """The place of a value's key."""

    def has(self, path: Path_) -> bool:
        """Whether a value is written at exactly this path."""

    def written(self, path: Path_) -> str | None:
        """A scalar as written."""

    def is_broken(self, path: Path_) -> bool:
        """Whether the value lies in a mapping or list that YAML tore apart at an expression."""


NOWHERE: Places = Source("", "", {}, {}, {})
"""The places of data that do not come from a text."""


@immutable
class Problem:
    """An error at a path of the document; `key` puts the caret on the key."""

    code: Code
    location: Path_
    fact: Fact | None = None
    message: str = ""
    key: bool = False
    found: str | None = None
    expected: str | None = None
    help: str | None = None


class Failed(Exception):
    """An error was reported; this part of the spec has no result."""


class Told(TypedDict, total=False):
    """The parts of a diagnostic that not every error has."""

    found: str | None
    expected: str | None
    help: str | None
    related: tuple[Related, ...]
    shapes: tuple[tuple[int, ...], ...]
    fact: Fact | None


MOST_ERRORS = 1_000
"""The number of errors after which checking stops."""


class Report:
    """The diagnostics of one spec, in the order in which they are found."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.diagnostics: list[Diagnostic] = []
        self.seen: dict[tuple[object, Span | Path_], int] = {}
        self.repeated: Counter[int] = Counter()

    def span(self, path: Path_) -> Span | None:
        """The place of a value."""
        return self.places.span(path)

    def add(self, code: Code, message: str, path: Path_, *, key: bool = False, **told: Unpack[Told]) -> None:
        """Note one error, unless the text itself is broken there, which is reported already.

        Texts that are not given come from the fact. `key` puts the caret on the key.

        Raises:
            NetspecError: The limit of errors is reached.
        """
        if self.places.is_broken(path):
            return
        span = self.places.key_span(path) if key else self.places.span(path)
        made = Diagnostic(code, message, span, path=path, **told)
        # Each round of a repeat and each call of a block finds the same fault, with different numbers.
        fault = made.alike, span or path
        if fault in self.seen:
            self.repeated[self.seen[fault]] += made.message != self.diagnostics[self.seen[fault]].message
            return
        self.seen[fault] = len(self.diagnostics)
        self.diagnostics.append(made)
        if len(self.diagnostics) >= MOST_ERRORS:
            self.check()

    def extend(self, problems: Iterable[Problem], related: tuple[Related, ...] = ()) -> bool:
        """Note several errors, each before the next is sought; whether there are none."""
        sound = True
        for p in problems:
            sound = False
            texts = Told(found=p.found, expected=p.expected, help=p.help, related=related, fact=p.fact)
            self.add(p.code, p.message, p.location, key=p.key, **texts)
        return sound

    def failure(self, code: Code, message: str, path: Path_, *, key: bool = False, **told: Unpack[Told]) -> Failed:
        """Note one error, as `add` does; the result is to be raised."""
        self.add(code, message, path, key=key, **told)
        return Failed()

    def refuse_all(self, problems: Iterable[Problem], related: tuple[Related, ...] = ()) -> None:
        """Note several errors.

        Raises:
            Failed: There are any.
        """
        if not self.extend(problems, related):
            raise Failed

    def unknown(self, name: str, known: Iterable[str], **told: Any) -> Unknown:
        """The fact of an unknown name, as from `unknown`; without similar names once there are too many errors."""
        return unknown(name, known if len(self.diagnostics) < CROWDED else (), **told)

    def suggests(self, key: str) -> bool:
        """Whether an unknown key was reported as a misspelt `key`, which then is not missing."""
        return any(isinstance(each.fact, Unknown) and each.fact.meant == key for each in self.diagnostics)

    def check(self, partial: Any = None) -> None:
        """Raise a `NetspecError` if there is any error."""
        if self.diagnostics:
            raise NetspecError(self.told(), partial)

    def told(self) -> list[Diagnostic]:
        """The errors, each with the number of its repetitions elsewhere with other numbers."""
        told = list(self.diagnostics)
        for at, times in self.repeated.items():
            if times:
                again = Related(None, f"and {times} more in other rounds or calls, with other numbers")
                told[at] = replace(told[at], related=(*told[at].related, again))
        return told


def kind_of(value: Any) -> str:
    """The kind of a value, in the words of a spec."""
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
