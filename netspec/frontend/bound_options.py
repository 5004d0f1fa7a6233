"""The form of a layer or a block with bound options: `{leaky_relu: 0.2}` as the value of a parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code
from netspec.frontend.entries import Entry
from netspec.frontend.problems import Problem
from netspec.frontend.schema import COMMON_KEYS, STRUCTURES
from netspec.frontend.source import Path_


def bound_entry(value: Any, path: Path_) -> Entry:
    """A layer or a block with bound options as the entry that it would be, for checks."""
    if not isinstance(value, dict):
        return Entry(path, str(value))
    operation = next(iter(value), "")
    return Entry(path, operation, value.get(operation), {k: v for k, v in value.items() if k != operation})


def wrong_binding(entry: Entry) -> Iterator[Problem]:
    """Problems of the form of a layer or a block with bound options."""
    path, operation = entry.path, entry.operation
    if not operation:
        expected = "such as `{leaky_relu: 0.2}`"
        yield Problem(Code.BAD_ENTRY, path, None, "the mapping names no layer or block", expected=expected)
    elif operation in COMMON_KEYS or operation in STRUCTURES or operation == "reuse":
        message, help = f"`{operation}` is no layer or block", "put what it is to do into a block, and name that"
        yield Problem(Code.BAD_ENTRY, (*path, operation), None, message, key=True, help=help)
    elif operation.startswith("$"):
        message = f"`{operation}` has its options already"
        help = f"pass it on as it is: `{operation}`"
        yield Problem(Code.BAD_ENTRY, (*path, operation), None, message, key=True, help=help)
    for key in COMMON_KEYS & entry.options.keys():
        message, help = f"`{key}` is of the entry that calls `{operation}`", "write it there"
        yield Problem(Code.CONFLICTING_KEYS, (*path, key), None, message, key=True, help=help)
