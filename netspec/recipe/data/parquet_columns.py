"""The columns of Parquet files: their names and their values. Imports pyarrow in its functions alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netspec.diagnostics import NetspecError
from netspec.functional.data.arrow_files import mapped_batches
from netspec.functional.data.columns import image_column_of
from netspec.functional.data.image_files import kind_of
from netspec.recipe.data.problems import damaged

_ROWS = 1 << 24
"""Rows that a data set of Parquet may have: a file of a few bytes can promise any number."""

_FREE = 1 << 29
"""Bytes that a column may always become."""

_RATIO = 100
"""The factor of its file's length that a column may become beyond that: encoded images hardly pack."""

_PIECE = 1 << 16


@contextmanager
def readable(file: Path, form: str = "Parquet") -> Iterator[None]:
    """Report a file of some form that pyarrow cannot read.

    Raises:
        NetspecError: NS0803.
    """
    try:
        if reason := kind_of(file.stat()):
            damaged(file, reason)
        yield
    except NetspecError:
        raise
    except Exception as error:  # Arrow's, the system's, and those of texts that are none
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        damaged(file, f"it cannot be read as {form} ({reason})")


def opened(file: Path) -> Any:
    """A Parquet file of which only the end is read: the names and types of its columns, and its bounds.

    Raises:
        NetspecError: NS0803: it cannot be read, or promises more than any data set has.
    """
    import pyarrow.parquet as pq

    with readable(file):
        found = pq.ParquetFile(file)
        told = found.metadata
        if not 0 <= told.num_rows <= _ROWS:
            damaged(file, f"it promises {told.num_rows:,} rows; up to {_ROWS:,} are read")
        size, length = 0, file.stat().st_size
        for group in range(told.num_row_groups):
            columns = told.row_group(group)
            size += sum(columns.column(index).total_uncompressed_size for index in range(columns.num_columns))
        check_size(size, length, file)
        return found


def mapped(file: Path) -> list[Any]:
    """The record batches of an Arrow file, which stay on the disk.

    Raises:
        NetspecError: NS0803: it cannot be read, holds nothing, or more than any data set has.
    """
    with readable(file, "Arrow"):
        found = mapped_batches(file)
    rows = sum(batch.num_rows for batch in found)
    if not 0 < rows <= _ROWS:
        damaged(file, f"it has {rows:,} rows; 1 to {_ROWS:,} are read")
    return found


def check_size(size: int, length: int, file: Path) -> None:
    """Refuse a column that becomes out of all proportion to its file.

    Args:
        size: The bytes that it becomes.
        length: Bytes of the file.
        file: For the diagnostic.
    """
    if size > _FREE and size > _RATIO * length:
        damaged(file, f"its {length:,} bytes would become {size:,}, more than {_RATIO} times as many")


def schema_of(file: Path) -> Any:
    """The names and types of the columns, and what Hugging Face wrote beside them."""
    with readable(file):
        return mapped(file)[0].schema if file.suffix == ".arrow" else opened(file).schema_arrow


def pieces(file: Path, column: str, rows: int = _PIECE) -> Iterator[Any]:
    """A column, or a part of a struct such as ``image.path``, in arrays of so many rows; of Arrow, as they are."""
    if file.suffix == ".arrow":
        yield from (batch.column(column.partition(".")[0]) for batch in mapped(file))
        return
    found = opened(file)
    with readable(file):
        size, length = 0, file.stat().st_size
        for batch in found.iter_batches(rows, columns=[column]):
            size += batch.nbytes
            check_size(size, length, file)
            yield batch.column(0)


def image_column(schema: Any, file: Path) -> str:
    """The first column of bytes, or of structs with bytes."""
    found = image_column_of(schema)
    if found is None:
        damaged(file, f"no column holds encoded images: {', '.join(f'`{name}`' for name in schema.names[:20])}")
    return found


def column_values(files: Sequence[Path], column: str) -> list[Any]:
    """A column of several files: values that are all of one kind."""
    values: list[Any] = []
    for file in files:
        before = len(values)
        for piece in pieces(file, column):
            values += piece.to_pylist()
        empty = next((row for row, value in enumerate(values[before:]) if value is None), None)
        if empty is not None:
            damaged(file, f"row {empty:,} has no `{column}`")
        if len(values) == before:
            damaged(file, "it has no rows")
        if type(values[before]) is not type(values[0]):
            here, there = (type(values[at]).__name__ for at in (before, 0))
            damaged(file, f"its `{column}` is of type {here}, that of {files[0]} of {there}")
    return values


def image_paths(schema: Any, files: Sequence[Path], image: str) -> list[str]:
    """The images' paths, where the file has them."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = schema.field(image).type
    if not kinds.is_struct(kind) or "path" not in [kind.field(i).name for i in range(kind.num_fields)]:
        return []
    found: list[str] = []
    for file in files:
        for piece in pieces(file, f"{image}.path"):
            nested = kinds.is_struct(piece.type)  # not with all of pyarrow's releases
            values = (pc.struct_field(piece, "path") if nested else piece).to_pylist()
            found += [path if isinstance(path, str) else "" for path in values]
    return found
