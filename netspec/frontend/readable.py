"""Parsing of a document's expressions, once: unreadable ones are reported even in blocks that nothing calls."""

from __future__ import annotations

import re
from typing import Any

from netspec.frontend.expressions import parse
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression, Written

_APART = frozenset({"netspec", "name", "doc", "extends", "references", "weights", "budget", "results", "train"})
"""Keys of the document whose texts hold no expressions, or expressions of another kind."""


def read_document_expressions(data: dict[str, Any], report: Report) -> dict[str, Any]:
    """A document's data with its expressions parsed."""
    return {key: each if key in _APART else read_expressions(each, (key,), report) for key, each in data.items()}


def read_expressions(data: Any, path: Path_, report: Report) -> Any:
    """The data with a `Written` for each text that holds expressions; descriptive texts stay unchanged."""
    if isinstance(data, str):
        return read_text(data, path, report) if "$" in data else data
    if isinstance(data, dict):
        named = path[-1:] in (("blocks",), ("params",), ("let",))  # there `doc` is a name
        return {
            key: each if key == "doc" and not named else read_expressions(each, (*path, key), report)
            for key, each in data.items()
        }
    if isinstance(data, list):
        return [read_expressions(each, (*path, index), report) for index, each in enumerate(data)]
    return data


def read_text(text: str, path: Path_, report: Report) -> Written | str:
    """A text with its expressions parsed; reports an unreadable one."""
    try:
        return parse(text)
    except BadExpression as error:
        report.add(error.code, error.message, path, help=error.help, fact=error.fact)
        return Written(text, names=frozenset(re.findall(r"\w+", text)), fault=error)
