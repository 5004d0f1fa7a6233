"""Entries: one line of a spec's list of layers, read into its operation, main argument and options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import WrongType
from netspec.frontend.problems import Problem, Report, Told, kind_of
from netspec.frontend.readable import read_text
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES, Common, ParallelForm, ResidualForm
from netspec.frontend.source import Path_
from netspec.frontend.written import Written
from netspec.layers import joins
from netspec.objects.immutable import immutable, unique

_NOTHING = Common()
_FORMS: Mapping[str, Any] = {"residual": ResidualForm, "parallel": ParallelForm}
BODY_OPTIONS: Mapping[str, Collection[str]] = {name: form.model_fields for name, form in _FORMS.items()}
"""The options specific to each structure."""


@immutable
class Branch:
    """One branch of a `parallel`: its name (None if branches are a list) and its entries."""

    name: str | None
    entries: tuple[Entry, ...]


@unique
class Entry:
    """One entry.

    Attributes:
        path: Its place in the document.
        operation: Layer, block or structure name; or a text whose expressions give a layer's name or null.
        computed: That text, parsed; None for a plain name.
        main: The main argument as written, or None.
        options: The other options as written.
        body: Entries of a structure (a residual's body).
        shortcut: Entries of a residual's shortcut.
        branches: Branches of a parallel.
        form: A structure's own options, checked.
        bad: Whether an error was reported here, so that the entry has no result.
        wrong: Common options whose values were reported; they are not in `common`.
    """

    path: Path_
    operation: str
    main: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    common: Common = _NOTHING
    body: tuple[Entry, ...] = ()
    shortcut: tuple[Entry, ...] = ()
    branches: tuple[Branch, ...] = ()
    form: Any = None
    computed: Written | None = None
    bad: bool = False
    wrong: frozenset[str] = frozenset()

    def named(self, name: str) -> Entry:
        """The same entry under another name."""
        return replace(self, common=self.common.model_copy(update={"name": name}))


def walk(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    """Entries and all entries inside them."""
    pending = list(reversed(entries))
    while pending:
        entry = pending.pop()
        yield entry
        inner = [*entry.body, *entry.shortcut, *(e for branch in entry.branches for e in branch.entries)]
        pending.extend(reversed(inner))


class EntryReader:
    """Reads lists of entries.

    Args:
        report: Takes the errors.
        check: Reports errors in the name and options of an entry; returns true if there are none.
    """

    def __init__(self, report: Report, check: Callable[[Entry], bool]) -> None:
        self.report = report
        self.check = check

    def list(self, data: Any, path: Path_, *, sequence: bool = False) -> tuple[Entry, ...]:
        """The entries of a list.

        Args:
            data: The list as written.
            path: Its place.
            sequence: Whether the list is a `sequence`, in which each entry takes the output of the one before.
        """
        if data is None:
            return ()
        if not isinstance(data, list):
            from netspec.frontend.form_errors import ENTRIES

            message, help = "a list of entries is expected here", "put `- ` before each entry, or write [...]"
            told = Told(found=kind_of(data), fact=WrongType("", (ENTRIES,)), help=help)
            self.report.add(Code.WRONG_TYPE, message, path, **told)
            return ()
        entries = tuple(self.entry(item, (*path, index)) for index, item in enumerate(data))
        return tuple(map(self.chained, entries)) if sequence else entries

    def entry(self, data: Any, path: Path_) -> Entry:
        """One entry."""
        if isinstance(data, str) and data in STRUCTURES:
            data = {data: None}
        if isinstance(data, (str, Written)):
            return self.checked(Entry(path, str(data), computed=data if isinstance(data, Written) else None))
        if not isinstance(data, dict):
            expected = "such as `relu` or `{conv: 64, kernel: 3}`"
            return self.unreadable(path, "an entry is a layer's name or a mapping", kind_of(data), expected)
        operation = next((key for key in data if key not in COMMON_KEYS), None)
        if operation is None:
            found = f"only the common options {', '.join(data)}" if data else "an empty mapping"
            return self.unreadable(path, "the entry names no layer", found, "a layer, block or structure")
        common, wrong = self.common(data, path)
        sound = not wrong
        options = {key: value for key, value in data.items() if key != operation and key not in COMMON_KEYS}
        main = data[operation]
        if operation in STRUCTURES:
            return self.structure(Entry(path, operation, main, options, common, wrong=wrong), sound)
        names = isinstance(main, list) and all(type(each) in (str, int, Written) for each in main)
        if names and joins(operation):
            # `{add: [A, B]}` is `add` with that `from`.
            if common.from_ is not None:
                message = f"`{operation}` names its inputs twice"
                self.report.add(Code.CONFLICTING_KEYS, message, (*path, "from"), key=True, help="keep one")
                sound = False
            origins = tuple(str(m) if isinstance(m, int) else m for m in main)
            common, main = common.model_copy(update={"from_": origins}), None
        read = read_text(operation, (*path, operation), self.report)
        computed = read if isinstance(read, Written) else None
        return self.checked(Entry(path, operation, main, options, common, computed=computed, wrong=wrong), sound)

    def checked(self, entry: Entry, sound: bool = True) -> Entry:
        """An entry, marked bad if it has errors; `sound` tells whether none were found before."""
        return entry if self.check(entry) and sound else replace(entry, bad=True)

    def unreadable(self, path: Path_, message: str, found: str, expected: str) -> Entry:
        """A bad entry, reported."""
        self.report.add(Code.BAD_ENTRY, message, path, found=found, expected=expected)
        return Entry(path, "", bad=True)

    def common(self, data: Mapping[str, Any], path: Path_) -> tuple[Common, frozenset[str]]:
        """The common options of an entry, without wrong ones, and the names of these."""
        written = {key: value for key, value in data.items() if key in COMMON_KEYS}
        if not written:
            return _NOTHING, frozenset()
        if isinstance(written.get("name"), (int, float)):  # a name is its text as written: 007, true
            written["name"] = self.report.places.written((*path, "name")) or str(written["name"])
        try:
            return Common.model_validate(written), frozenset()
        except ValidationError as error:
            from netspec.frontend.form_errors import form_errors

            errors = form_errors(error, Common, path)
            self.report.extend(errors)
            wrong = frozenset(str(each.location[len(path)]) for each in errors)
            return Common.model_validate({key: value for key, value in written.items() if key not in wrong}), wrong

    def structure(self, entry: Entry, sound: bool) -> Entry:
        """A structure, whose contents stand in its main argument and in its options so far."""
        operation, path = entry.operation, entry.path
        inside = (*path, operation)
        parts: dict[str, Any] = {"main": None, "options": {}}
        wrong: list[Problem] = []
        if operation in _FORMS:
            try:
                parts["form"] = _FORMS[operation].model_validate(dict(entry.options))
            except ValidationError as error:
                from netspec.frontend.form_errors import form_errors

                wrong = form_errors(error, _FORMS[operation], path, option=True)
        else:
            for key in entry.options:
                fact = unknown(key, COMMON_KEYS, owner=operation)
                wrong.append(Problem(Code.UNKNOWN_OPTION, (*path, key), fact, key=True))
        if operation == "parallel":
            parts["branches"] = self.branches(entry.main, inside)
        else:
            parts["body"] = self.list(entry.main, inside, sequence=operation == "sequence")
            if entry.main is None:
                message = f"`{operation}` has no entries"
                wrong.append(Problem(Code.BAD_ENTRY, path, None, message, expected="a list of entries"))
        if isinstance(form := parts.get("form"), ResidualForm):
            parts["shortcut"] = self.list(form.shortcut, (*path, "shortcut"))
        sound = self.report.extend(wrong) and sound
        return self.checked(replace(entry, **parts), sound)

    def branches(self, main: Any, path: Path_) -> tuple[Branch, ...]:
        """The branches of a `parallel`."""
        if not isinstance(main, dict):
            return tuple(Branch(None, (entry,)) for entry in self.list(main, path))
        return tuple(
            Branch(
                name,
                self.list(data, (*path, name))
                if data is None or isinstance(data, list)
                else (self.entry(data, (*path, name)),),
            )
            for name, data in main.items()
        )

    def chained(self, entry: Entry) -> Entry:
        """An entry of a `sequence`, bad if it takes from elsewhere."""
        if entry.common.from_ is None:
            return entry
        place = (*entry.path, "from" if self.report.places.has((*entry.path, "from")) else entry.operation)
        message, help = (
            "an entry of a `sequence` takes what the one before gives",
            "use `layers` where entries take `from`",
        )
        self.report.add(Code.CONFLICTING_KEYS, message, place, key=True, help=help)
        return replace(entry, bad=True)
