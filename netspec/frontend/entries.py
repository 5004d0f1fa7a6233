"""Entries: one line of a spec's list of layers, read into its operation, main argument and options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import Code, unknown
from netspec.diagnostics.facts import WrongType
from netspec.frontend.form_errors import ENTRIES, form_errors
from netspec.frontend.problems import Report, kind_of
from netspec.frontend.readable import read_text
from netspec.frontend.schema import COMMON_KEYS, MERGES, STRUCTURES, Common, ParallelForm, ResidualForm
from netspec.frontend.source import Path_
from netspec.frontend.written import Written
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


Check = Callable[[Entry], bool]
"""Reports errors in the name and options of a layer or block; returns true if there are none."""


def read_entries(data: Any, path: Path_, report: Report, check: Check, *, sequence: bool = False) -> tuple[Entry, ...]:
    """The entries of a list. Errors go to `report`.

    Args:
        data: The list as written.
        path: Its place.
        report: Takes the errors.
        check: Checks each entry's operation and options.
        sequence: Whether the list is a `sequence`, in which each entry takes the output of the one before.
    """
    if data is None:
        return ()
    if not isinstance(data, list):
        report.add(
            Code.WRONG_TYPE,
            "a list of entries is expected here",
            path,
            found=kind_of(data),
            fact=WrongType("", (ENTRIES,)),
            help="put `- ` before each entry, or write [...]",
        )
        return ()
    entries = tuple(_read(item, (*path, index), report, check) for index, item in enumerate(data))
    return tuple(_chained(entry, report) for entry in entries) if sequence else entries


def _read(data: Any, path: Path_, report: Report, check: Check) -> Entry:
    if isinstance(data, str) and data in STRUCTURES:
        data = {data: None}
    if isinstance(data, (str, Written)):
        computed = data if isinstance(data, Written) else None
        entry = Entry(path, str(data), computed=computed)
        return entry if check(entry) else replace(entry, bad=True)
    if not isinstance(data, dict):
        report.add(
            Code.BAD_ENTRY,
            "an entry is a layer's name or a mapping",
            path,
            found=kind_of(data),
            expected="such as `relu` or `{conv: 64, kernel: 3}`",
        )
        return Entry(path, "", bad=True)
    operation = next((key for key in data if key not in COMMON_KEYS), None)
    if operation is None:
        report.add(
            Code.BAD_ENTRY,
            "the entry names no layer",
            path,
            found=f"only the common options {', '.join(data)}" if data else "an empty mapping",
            expected="a layer, block or structure",
        )
        return Entry(path, "", bad=True)
    common, sound = _common(data, path, report)
    options = {key: value for key, value in data.items() if key != operation and key not in COMMON_KEYS}
    if operation in STRUCTURES:
        return _structure(operation, data[operation], options, common, path, report, check, sound)
    main = data[operation]
    if operation in MERGES and isinstance(main, list) and all(type(m) in (str, int, Written) for m in main):
        # `{add: [A, B]}` is `add` with that `from`.
        if common.from_ is not None:
            report.add(
                Code.CONFLICTING_KEYS,
                f"`{operation}` names its inputs twice",
                (*path, "from"),
                key=True,
                help="keep one",
            )
            sound = False
        origins = tuple(str(m) if isinstance(m, int) else m for m in main)
        common, main = common.model_copy(update={"from_": origins}), None
    read = read_text(operation, (*path, operation), report)
    entry = Entry(path, operation, main, options, common, computed=read if isinstance(read, Written) else None)
    return entry if check(entry) and sound else replace(entry, bad=True)


def _common(data: Mapping[str, Any], path: Path_, report: Report) -> tuple[Common, bool]:
    written = {key: value for key, value in data.items() if key in COMMON_KEYS}
    if not written:
        return _NOTHING, True
    if isinstance(written.get("name"), (int, float)):  # a name is its text as written: 007, true
        written["name"] = report.places.written((*path, "name")) or str(written["name"])
    try:
        return Common.model_validate(written), True
    except ValidationError as error:
        errors = form_errors(error, Common, path)
        report.extend(errors)
        broken = {each.location[len(path)] for each in errors if len(each.location) > len(path)}
        rest = {key: value for key, value in written.items() if key not in broken}
        return Common.model_validate(rest), False


def _structure(
    operation: str,
    main: Any,
    options: Mapping[str, Any],
    common: Common,
    path: Path_,
    report: Report,
    check: Check,
    sound: bool,
) -> Entry:
    form = None
    if operation in _FORMS:
        try:
            form = _FORMS[operation].model_validate(dict(options))
        except ValidationError as error:
            report.extend(form_errors(error, _FORMS[operation], path, option=True))
            sound = False
    else:
        for key in options:
            report.add(
                Code.UNKNOWN_OPTION,
                f"`{operation}` has no option `{key}`",
                (*path, key),
                key=True,
                fact=unknown(key, COMMON_KEYS, owner=operation),
            )
            sound = False
    inside = (*path, operation)
    branches: tuple[Branch, ...] = ()
    body: tuple[Entry, ...] = ()
    shortcut: tuple[Entry, ...] = ()
    if operation == "parallel":
        branches = _branches(main, inside, report, check)
    else:
        body = read_entries(main, inside, report, check, sequence=operation == "sequence")
        if main is None:
            report.add(Code.BAD_ENTRY, f"`{operation}` has no entries", path, expected="a list of entries")
            sound = False
    if operation == "residual" and isinstance(form, ResidualForm):
        shortcut = read_entries(form.shortcut, (*path, "shortcut"), report, check)
    entry = Entry(path, operation, None, {}, common, body, shortcut, branches, form)
    return entry if check(entry) and sound else replace(entry, bad=True)


def _chained(entry: Entry, report: Report) -> Entry:
    """An entry of a `sequence`, bad if it takes from elsewhere."""
    if entry.common.from_ is None:
        return entry
    has = report.places.has((*entry.path, "from"))
    report.add(
        Code.CONFLICTING_KEYS,
        "an entry of a `sequence` takes what the one before gives",
        (*entry.path, "from" if has else entry.operation),
        key=True,
        help="use `layers` where entries take `from`",
    )
    return replace(entry, bad=True)


def _branches(main: Any, path: Path_, report: Report, check: Check) -> tuple[Branch, ...]:
    if not isinstance(main, dict):
        return tuple(Branch(None, (entry,)) for entry in read_entries(main, path, report, check))
    found = []
    for name, data in main.items():
        inside = (*path, name)
        entries = (
            read_entries(data, inside, report, check)
            if data is None or isinstance(data, list)
            else (_read(data, inside, report, check),)
        )
        found.append(Branch(name, entries))
    return tuple(found)
