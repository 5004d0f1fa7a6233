"""The answers of a network to rows, as people read them: a table of the first, and the file that has all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.report.document import Document, Paragraph, Part, Row, Table, columns
from netspec.report.sheet import Sheet

if TYPE_CHECKING:
    from netspec.training.judging.answers import Answers

_SHOWN = 20
"""The rows that a text shows."""

_COLUMNS = 6
"""The classes or values that a text shows."""


def answers(found: Answers, written: Path | None) -> Document:
    """The answers to rows.

    Args:
        found: The answers.
        written: The file that they were written to, or None.
    """
    told = 2 + sum(each.named for each in found.told)
    header = found.header[: told + _COLUMNS]

    def parts() -> Iterator[Part]:
        lines = [line for line, _ in zip(found.lines(), range(_SHOWN), strict=False)]
        rows = [Row(tuple(map(_cell, line[: len(header)]))) for line in lines]
        yield Table(columns(header[:1], header[1:]), rows, yields=((0, 12),))
        if len(found.rows) > _SHOWN and written is None:
            yield Paragraph(f"the first {_SHOWN} of {len(found.rows):,} rows; -o FILE.csv or --format csv has all")
        if written is not None:
            yield Paragraph(f"the answers to {len(found.rows):,} rows are in {written}")
            if found.reconstructs and written.suffix.lower() == ".csv":
                yield Paragraph("-o FILE.npz also has what the network gave; --pictures DIR draws it")

    def data() -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = [dict(zip(found.header, line, strict=True)) for line in found.lines()]
        return lines + [{"diagnostics": [each.as_dict()]} for each in found.unread]

    def sheet() -> Sheet:
        return Sheet(tuple(found.header), map(tuple, found.cells()))

    return Document("Answers", parts, data, sheet, lambda: found.unread)


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
