"""Errors of specs and their recipes, and the fixes that were applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.diagnostics import Diagnostic, Fix, as_dicts
from netspec.diagnostics.render import render
from netspec.diagnostics.styled import Line, line
from netspec.report.document import Document, Lines
from netspec.report.sheet import Sheet

_SHEET = ("severity", "code", "file", "line", "column", "message", "help")


def checked(
    found: Sequence[Diagnostic],
    verdict: str,
    applied: Mapping[str, Fix] | None = None,
) -> Document:
    """The diagnostics, with the source lines of their files.

    Args:
        found: The diagnostics.
        verdict: The last line.
        applied: The applied fixes by file; None where none was wanted.
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

    return Document(
        title="Checked",
        parts=lambda: [Lines(lines())],
        data=data,
        sheet=lambda: Sheet.of(as_dicts(found), _SHEET, _SHEET),
        failed=any(diagnostic.severity == "error" for diagnostic in found),
    )
