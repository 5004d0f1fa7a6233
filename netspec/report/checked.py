"""What is wrong with specs and their recipes, and what was mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.diagnostics import Diagnostic, Fix, as_dicts
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import Line, line
from netspec.report.document import Document, Lines, Sheet

_SHEET = ("severity", "code", "file", "line", "column", "message", "help")


def checked(
    found: Sequence[Diagnostic],
    verdict: str,
    applied: Mapping[str, Fix] | None = None,
) -> Document:
    """The diagnostics, with the lines of the files that they are of.

    Args:
        found: What is wrong.
        verdict: What there is to say last.
        applied: What was mended, by the file; None where nothing was to be.
    """

    def lines() -> Iterator[Line]:
        for file, fix in (applied or {}).items():
            yield from map(line, f"{file}: {fix.title}\n{fix.diff}\n".split("\n"))
        if found:
            yield from render(found)
        if verdict:
            yield from map(line, verdict.split("\n"))

    def data() -> Any:
        told = as_dicts(found)
        if applied is None:
            return told
        return {"applied": {file: fix.as_dict() for file, fix in applied.items()}, "diagnostics": told}

    return Document("Checked", lambda: [Lines(lines())], data, lambda: Sheet.of(as_dicts(found), _SHEET, _SHEET))
