"""Collects what is wrong with a spec, each at its place in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

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
