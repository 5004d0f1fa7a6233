"""Parsing of a document's expressions, once: unreadable ones are reported even in blocks that nothing calls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from netspec.frontend.expressions import parse, refuse_shapes
from netspec.frontend.problems import Report
from netspec.frontend.source import Path_
from netspec.frontend.written import BadExpression, Written

_APART = frozenset({"netspec", "name", "doc", "extends", "references", "weights", "budget", "results", "train"})
"""Keys of the document whose texts hold no expressions, or expressions of another kind."""


def read_document_expressions(data: dict[str, Any], report: Report) -> dict[str, Any]:
    """A document's data with its expressions parsed."""
    given = data.get("inputs")
    inputs = _texts([*given] if isinstance(given, dict) else ())
    return {
        key: each
        if key in _APART
        else _read_blocks(each, report)
        if key == "blocks" and isinstance(each, dict)
        else read_expressions(each, (key,), report, inputs)
        for key, each in data.items()
    }


def _read_blocks(blocks: dict[Any, Any], report: Report) -> dict[Any, Any]:
    """The blocks, each of whose expressions may read the shapes of its own inputs."""
    found = {}
    for name, block in blocks.items():
        inputs = block.get("inputs") if isinstance(block, dict) else None
        named = _texts([inputs] if isinstance(inputs, str) else inputs if isinstance(inputs, list) else ())
        found[name] = read_expressions(block, ("blocks", name), report, named)
    return found


def _texts(names: Iterable[Any]) -> tuple[str, ...]:
    return tuple(name for name in names if isinstance(name, str))


def read_expressions(data: Any, path: Path_, report: Report, inputs: tuple[str, ...] = ()) -> Any:
    """The data with a `Written` for each text that holds expressions; descriptive texts stay unchanged.

    Args:
        data: The data.
        path: Their place.
        report: Takes the errors.
        inputs: The names of the inputs whose shapes may be read.
    """
    if isinstance(data, str):
        return read_text(data, path, report, inputs) if "$" in data else data
    if isinstance(data, dict):
        named = path[-1:] in (("blocks",), ("params",), ("let",))  # there `doc` is a name
        return {
            key: each if key == "doc" and not named else read_expressions(each, (*path, key), report, inputs)
            for key, each in data.items()
        }
    if isinstance(data, list):
        return [read_expressions(each, (*path, index), report, inputs) for index, each in enumerate(data)]
    return data


def read_text(text: str, path: Path_, report: Report, inputs: tuple[str, ...] = ()) -> Written | str:
    """A text with its expressions parsed; reports an unreadable one."""
    try:
        found = parse(text)
        if isinstance(found, Written):
            refuse_shapes(found, inputs)
        return found
    except BadExpression as error:
        report.add(error.code, error.message, path, help=error.help, fact=error.fact)
        return Written(text, names=frozenset(re.findall(r"\w+", text)), fault=error)
