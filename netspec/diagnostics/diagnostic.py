"""Diagnostics: an error of a spec, its place, and its fixes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import Any, Literal

from netspec.diagnostics.codes import Code, LintCode
from netspec.diagnostics.facts import Fact
from netspec.diagnostics.styled import LONG, abridged
from netspec.diagnostics.words import words
from netspec.objects.immutable import immutable

_NUMBERS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:, -?[0-9]+)*")

MOST_LISTED = 1_000
"""The largest number of findings that are listed one by one as data."""


@immutable
class Span:
    """A place in a text. Lines and columns count from 1; the end is exclusive.

    `text` is the whole text, if it was read; otherwise the file of this name holds it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def __contains__(self, other: Span) -> bool:
        """Whether another place lies inside this one or is equal to it."""
        starts = (self.line, self.column) <= (other.line, other.column)
        ends = (other.end_line, other.end_column) <= (self.end_line, self.end_column)
        return self.file == other.file and starts and ends


@immutable
class Related:
    """A second place that a diagnostic refers to, and the reason."""

    span: Span | None
    note: str

    def __post_init__(self) -> None:
        if len(self.note) > LONG:
            object.__setattr__(self, "note", abridged(self.note))


@immutable
class Edit:
    """A replacement of one place of a text: the characters from `start` up to `end`, counted from 0."""

    start: int
    end: int
    text: str


@immutable
class Fix:
    """A patch of one file that makes the whole spec valid or leaves fewer errors.

    Attributes:
        file: The patched file.
        title: A short description of the patch.
        edits: The replacements in the file, in order; nothing else changes.
        diff: The patch as a unified diff.
        text: The whole file after the patch.
        sure: Whether the fix is the only possible meaning, so that it can be applied without asking.
        left: The errors that it leaves; then no patch was found that leaves none, or none that is sure.
        outcome: The resulting network, in numbers; empty if there is nothing new to report.
    """

    file: str
    title: str
    edits: tuple[Edit, ...]
    diff: str
    text: str
    sure: bool = False
    left: int = 0
    outcome: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The fix as plain data, for ``--format json``."""
        edits = [_members(edit, "start", "end", "text") for edit in self.edits]
        return {**_members(self, "file", "title", "sure", "left", "outcome", "diff"), "edits": edits}


@immutable
class Diagnostic:
    """One finding.

    `fact` is its content as data, which also gives the texts that are not passed. `found` and `expected` are phrases
    without a full stop; `help` is a sentence that describes the fix. Very long texts are shortened; no text is ever
    read back. `path` is its place in the document, by keys and indices, and `shapes` are the input shapes of the
    faulty entry, if they are known; `fixes` are patches that fix the whole file or the part that can be fixed, the best
    first.
    """

    code: Code | LintCode
    message: str = ""
    span: Span | None = None
    found: str | None = None
    expected: str | None = None
    help: str | None = None
    related: tuple[Related, ...] = field(default=())
    severity: Literal["error", "warning"] = "error"
    path: tuple[str | int, ...] | None = None
    shapes: tuple[tuple[int, ...], ...] = ()
    fixes: tuple[Fix, ...] = ()
    fact: Fact | None = None

    def __post_init__(self) -> None:
        """Put the fact into words, and shorten the texts: untrusted text may be as long as a file."""
        if self.fact is not None:
            for name, text in words(self.fact)._asdict().items():
                if text and not getattr(self, name):
                    object.__setattr__(self, name, text)
        for name in ("message", "found", "expected", "help"):
            text = getattr(self, name)
            if text is not None and len(text) > LONG:
                object.__setattr__(self, name, abridged(text))

    @property
    def fault(self) -> tuple[str, str]:
        """The key that distinguishes it from other findings on its line; it is compared, never shown."""
        return self.code.number, self.message

    @property
    def alike(self) -> tuple[str, str]:
        """A key that findings share if they differ only in numbers."""
        return self.code.number, _NUMBERS.sub("#", self.message)

    def advised(self, words: str, joint: str = "; ") -> Diagnostic:
        """The same diagnostic, with additional help behind its own."""
        return replace(self, help=f"{self.help}{joint}{words}" if self.help else words)

    @property
    def in_one_line(self) -> str:
        """Its place, code and message."""
        return f"{self.span or '-'}: {self.code.number} {self.message}"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return str(_notebook().html([self]))

    def as_dict(self) -> dict[str, Any]:
        """The diagnostic as plain data, for ``--format json``."""
        return {
            "code": self.code.number,
            "severity": self.severity,
            "title": self.code.title,
            "message": self.message,
            **_members(self.span, "file", "line", "column", "end_line", "end_column"),
            **_members(self, "found", "expected", "help"),
            "fact": self.fact and self.fact.as_dict(),
            "related": [{**_members(r.span, "file", "line", "column"), "note": r.note} for r in self.related],
            "fixes": [fix.as_dict() for fix in self.fixes],
        }


def _members(value: object | None, *names: str) -> dict[str, Any]:
    """Some members of a value; all null if there is no value."""
    return {name: value and getattr(value, name) for name in names}


def as_dicts(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Findings as plain data, for ``--format json``; above 1,000, the last item states the number left out."""
    found = [each.as_dict() for each in diagnostics[:MOST_LISTED]]
    if len(diagnostics) > MOST_LISTED:
        left = len(diagnostics) - MOST_LISTED
        rest: dict[str, Any] = {**dict.fromkeys(found[0]), "message": f"and {left:,} more", "related": [], "fixes": []}
        found.append({**rest, "severity": diagnostics[-1].severity})
    return found


class NetspecError(Exception):
    """Bad input. It carries every diagnostic, in the order of the text.

    Attributes:
        diagnostics: The diagnostics, at least one.
        partial: The result before the failure (a graph up to the failing layer), or None.
    """

    def __init__(self, diagnostics: list[Diagnostic], partial: Any = None) -> None:
        self.diagnostics = sorted(diagnostics, key=_position)
        self.partial = partial
        super().__init__("\n".join(each.in_one_line for each in self.diagnostics))

    def retell(self, change: Callable[[Diagnostic], Diagnostic]) -> None:
        """Change each diagnostic, as whatever passes the error on may know more of it."""
        self.diagnostics = sorted(map(change, self.diagnostics), key=_position)
        self.args = ("\n".join(each.in_one_line for each in self.diagnostics),)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.diagnostics, self.partial)

    def _render_traceback_(self) -> list[str]:
        """What IPython and notebooks print in place of a traceback: the diagnostics, as the command line has them."""
        lines: list[str] = _notebook().terminal_lines(self.diagnostics)
        return lines

    def _repr_html_(self) -> str:
        """What notebooks show of an error that was caught."""
        return str(_notebook().html(self.diagnostics))

    @classmethod
    def of(cls, code: Code, message: str = "", **fields: Any) -> NetspecError:
        """An error with a single diagnostic."""
        return cls([Diagnostic(code, message, **fields)])


def _notebook() -> Any:
    """How notebooks show diagnostics. By its name: rendering reads files, whose errors are diagnostics themselves."""
    return importlib.import_module("netspec.diagnostics.notebook")


def _position(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return (span.file, span.line, span.column) if span else ("", 0, 0)
