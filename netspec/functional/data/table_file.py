"""Tables: the columns of CSV and Parquet files, by name."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from netspec.functional.data.columns import lacking
from netspec.functional.data.encodings import foreign_encoding, in_utf_8
from netspec.functional.data.image_files import kind_of
from netspec.functional.data.parts import files_by_part
from netspec.functional.examples import UnfitData

MOST_COLUMNS = 1 << 14
"""Columns that a table may have."""

MOST_ROWS = 1 << 24
"""Rows of a table that are read."""

MOST_CSV = 1 << 30
"""Bytes of a CSV file that are read."""

BLOCK = 1 << 22
"""Bytes of a CSV file that are read together: a row is not longer."""

TABLE_ENDINGS = (".csv", ".tsv", ".parquet")
"""The endings of files that are tables of a folder."""


def tables_by_part(place: Path) -> list[list[Path]]:
    """The tables to learn from, to validate by and to test by; of a file it alone."""
    if not place.is_dir():
        return [[place], [], []]
    inside = sorted(place.rglob("*"))
    named = [file for file in inside if file.suffix.lower() in TABLE_ENDINGS]
    files = [file for file in named if not file.is_dir() and not file.is_symlink()]
    if not files:
        raise FileNotFoundError(f"{place} holds no .csv, .tsv or .parquet file")
    return files_by_part(place, files)


def delimiter_of(file: Path, given: str | None) -> str:
    """The sign between the fields of a CSV file."""
    return given or ("\t" if file.suffix.lower() == ".tsv" else ",")


def column_names(file: Path, delimiter: str | None) -> list[str]:
    """The columns of a table, in their order.

    Raises:
        UnfitData: It is no table, or two columns bear one name.
    """
    if is_parquet(file):
        names = parquet_of(file).schema_arrow.names
    else:
        names = header_of(file, delimiter_of(file, delimiter))
    if len(names) > MOST_COLUMNS:
        refuse(file, f"it has {len(names):,} columns; up to {MOST_COLUMNS:,} are read")
    for name, count in Counter(names).items():
        if count > 1:
            help = "give each a name of its own"
            refuse(file, f"it has {count} columns `{name}`", help)
    return [str(name) for name in names]


def header_of(file: Path, delimiter: str) -> list[str]:
    """The first row of a CSV file."""
    with opened(file) as stream:
        begin = stream.read(BLOCK)
    if encoding := foreign_encoding(begin):
        what = f"it is in {encoding}, and tables are read in UTF-8"
        refuse(file, what, in_utf_8(encoding))
    try:
        text = begin.decode("utf-8-sig", "strict" if len(begin) < BLOCK else "ignore")
    except UnicodeDecodeError as error:
        help = "save it as UTF-8"
        refuse(file, f"byte {error.start:,} of it is no UTF-8", help)
    lines = io.StringIO(text, newline="")
    try:
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        header = next(filter(None, rows), [])
    except csv.Error as error:
        refuse(file, f"its first row cannot be read as CSV ({error})")
    if lines.tell() >= BLOCK - 1:
        refuse(file, f"its first row is longer than {BLOCK:,} bytes")
    if not header:
        help = "a table begins with the names of its columns, and has a row below"
        refuse(file, "it is empty", help)
    empty = next((at for at, name in enumerate(header) if not name.strip()), None)
    if empty is not None:
        refuse(file, f"column {empty + 1} has no name in its first row")
    return header


def check_columns(
    file: Path, names: Sequence[str], there: Sequence[str], option: str
) -> None:
    """Refuse columns that are not there.

    Args:
        file: The table.
        names: The columns that are asked for.
        there: Those that it has.
        option: The option of the data that asks for them.
    """
    known = set(there)
    for name in names:
        if name not in known:
            what, help = lacking(name, there)
            raise UnfitData(f"{file}: {what}", help, option)


def read_columns(file: Path, names: Sequence[str], delimiter: str | None) -> Any:
    """Some columns of a table, as a table of Arrow's in that order.

    Raises:
        UnfitData: It lacks one, cannot be read, or has no rows.
    """
    check_columns(file, names, column_names(file, delimiter), "")
    if is_parquet(file):
        import pyarrow  # type: ignore[import-untyped]

        try:
            table = parquet_of(file).read(columns=list(names))
        except (pyarrow.ArrowException, OSError) as error:
            refuse(file, f"it cannot be read as Parquet ({reason_of(error)})")
    else:
        table = csv_columns(file, names, delimiter_of(file, delimiter))
    if not len(table):
        refuse(file, "it has no rows", "an example is a row below the names of columns")
    return table.select(list(names))


def csv_columns(file: Path, names: Sequence[str], delimiter: str) -> Any:
    """Some columns of a CSV file."""
    import pyarrow
    from pyarrow import csv as reader

    wrong: list[Any] = []

    def note(row: Any) -> str:
        wrong.append(row)
        return "error"

    check_quotes(file, delimiter)
    try:
        with opened(file) as stream:
            return reader.read_csv(
                stream,
                reader.ReadOptions(use_threads=False, block_size=BLOCK),
                reader.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=note,
                ),
                reader.ConvertOptions(
                    include_columns=list(names), strings_can_be_null=True
                ),
            )
    except (pyarrow.ArrowException, OSError) as error:
        if wrong:
            found, due = wrong[0].actual_columns, wrong[0].expected_columns
            row = (wrong[0].number or 2) - 1
            help = "each row has a field for each column"
            refuse(
                file, f"row {row:,} has {found:,} fields, its first row {due:,}", help
            )
        if "straddling" in str(error):
            refuse(file, f"a row of it is longer than {BLOCK:,} bytes")
        refuse(file, f"it cannot be read as CSV ({reason_of(error)})")


def check_quotes(file: Path, delimiter: str) -> None:
    """Make sure that no byte is 0, and that each quote is closed.

    What comes after one that is not would be read as a part of it.
    """
    odd = False
    with opened(file) as stream:
        while block := stream.read(BLOCK):
            if b"\0" in block:
                at = stream.tell() - len(block) + block.index(b"\0")
                refuse(file, f"byte {at:,} of it is 0, which no text has")
            odd ^= block.count(b'"') % 2 == 1
    if not odd:
        return
    begun = 1
    with (
        opened(file) as stream,
        io.TextIOWrapper(stream, "utf-8-sig", newline="") as text,
    ):
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for _ in rows:
                begun = rows.line_num + 1
        except UnicodeDecodeError:
            return  # whoever reads it tells so
        except csv.Error as error:
            if "expected after" not in str(error):  # a quote within a field closes none
                help = "close it; a quote within a quoted field is doubled"
                refuse(file, f"line {begun:,} opens a quote that is never closed", help)


def is_parquet(file: Path) -> bool:
    """Whether a file is Parquet by its name; all others are CSV."""
    return file.suffix.lower() in (".parquet", ".pq")


def parquet_of(file: Path) -> Any:
    """A Parquet file of which only the end is read."""
    import pyarrow
    from pyarrow import parquet

    with opened(file):  # it is a file
        pass
    try:
        found = parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        refuse(file, f"it cannot be read as Parquet ({reason_of(error)})")
    if not 0 <= found.metadata.num_rows <= MOST_ROWS:
        rows = found.metadata.num_rows
        refuse(file, f"it promises {rows:,} rows; up to {MOST_ROWS:,} are read")
    return found


def opened(file: Path) -> io.BufferedReader:
    """A file that is one, opened for reading; a pipe holds nobody up."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        stream = os.fdopen(os.open(file, flags), "rb")
    except OSError as error:
        refuse(file, f"it cannot be read ({error.strerror})")
    state = os.fstat(stream.fileno())
    reason = kind_of(state)
    if not reason and not is_parquet(file) and state.st_size > MOST_CSV:
        reason = f"it has {state.st_size:,} bytes; of CSV up to {MOST_CSV:,} are read"
    if reason:
        stream.close()
        refuse(file, reason, "save it as Parquet" if "CSV" in reason else None)
    return stream


def reason_of(error: Exception) -> str:
    """The first line of an error."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def refuse(file: Path, what: str, help: str | None = None) -> NoReturn:
    """Refuse a table."""
    raise UnfitData(f"{file}: {what}", help or "replace the file")
