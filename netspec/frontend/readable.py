"""Whether the expressions of an entry can be read, in blocks that nobody calls and where `when` is false as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netspec.frontend.entries import Entry
from netspec.frontend.expressions import BadExpression, parse
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_

_FORM = ("skip", "axis")
"""The options of structures that may be expressions."""

_HOLDING = (str, dict, list, tuple)
"""What may have an expression in it."""


def readable(entry: Entry, report: Report) -> bool:
    """Whether every expression in an entry's own values can be read; reports those that cannot."""
    return _all_readable(_expressions(entry), report)


def readable_value(written: Any, path: Path_, report: Report) -> bool:
    """Whether every expression in a value can be read; reports those that cannot."""
    return _all_readable(_within(written, path), report)


def _all_readable(texts: Iterable[tuple[str, Path_]], report: Report) -> bool:
    sound = True
    for text, path in texts:
        try:
            parse(text)
        except BadExpression as error:
            report.add(error.code, error.message, path, help=error.help, fact=error.fact)
            sound = False
    return sound


def holds_expression(written: Any) -> bool:
    """Whether there is an expression in a value."""
    return any(True for _ in _within(written, ()))


def _expressions(entry: Entry) -> Iterator[tuple[str, Path_]]:
    """Every text with an expression in it, and where it stands; inner entries have theirs."""
    path, common = entry.path, entry.common
    if "$" in entry.operation:
        yield entry.operation, (*path, entry.operation)
    if isinstance(entry.main, _HOLDING):
        yield from _within(entry.main, (*path, entry.operation))
    for name, value in entry.options.items():
        if isinstance(value, _HOLDING):
            yield from _within(value, (*path, name))
    for name in common.model_fields_set:
        if name != "doc" and isinstance(value := getattr(common, name), _HOLDING):
            yield from _within(value, (*path, name.rstrip("_")))
    for name in _FORM if entry.form is not None else ():
        yield from _within(getattr(entry.form, name, None), (*path, name))


def _within(written: Any, path: Path_) -> Iterator[tuple[str, Path_]]:
    if isinstance(written, str):
        if "$" in written:
            yield written, path
    elif isinstance(written, dict):
        for key, value in written.items():
            yield from _within(value, (*path, key))
    elif isinstance(written, (list, tuple)):
        for index, value in enumerate(written):
            yield from _within(value, (*path, index))
