"""What spreadsheets read of a result."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from netspec.diagnostics.styled import printable


class Sheet(NamedTuple):
    """Rows of plain values under names of columns, for a spreadsheet; None is unknown."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], columns: Sequence[str], blank: Collection[str] = ()) -> Sheet:
        """Columns of records; in `blank` columns, None and missing keys become empty."""

        def value(record: Mapping[str, Any], column: str) -> Any:
            if column in blank:
                return "" if record.get(column) is None else record[column]
            return record[column]

        return cls(columns, ([value(record, column) for column in columns] for record in records))


def file_cell(name: str) -> str:
    """The name of a file, which is a stranger's, as a cell: `./=1` for `=1`, so that no spreadsheet computes it."""
    return f"./{printable(name)}" if name.startswith(("=", "+", "-", "@")) else printable(name)
