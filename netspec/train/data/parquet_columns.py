"""The columns of Parquet files: which there are, and what stands in them. Imports pyarrow in its functions alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netspec.train.data.problems import damaged


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Tell of a file that pyarrow cannot read.

    Raises:
        NetspecError: NS0803.
    """
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        damaged(file, f"it cannot be read as Parquet ({str(error).splitlines()[0]})")


def schema_of(file: Path) -> Any:
    """The names and types of the columns, and what Hugging Face wrote beside them."""
    import pyarrow.parquet as pq

    with readable(file):
        return pq.read_schema(file)


def image_column(schema: Any, file: Path) -> str:
    """The first column of bytes, or of structs with bytes."""
    import pyarrow.types as kinds

    def holds_bytes(kind: Any) -> bool:
        if kinds.is_struct(kind):
            return any(
                kind.field(i).name == "bytes" and holds_bytes(kind.field(i).type) for i in range(kind.num_fields)
            )
        return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind))

    found = next((str(field.name) for field in schema if holds_bytes(field.type)), None)
    if found is None:
        damaged(file, f"no column holds encoded images: {', '.join(f'`{name}`' for name in schema.names)}")
    return found


def column_values(files: Sequence[Path], column: str) -> list[Any]:
    """A column of several files."""
    import pyarrow.parquet as pq

    values: list[Any] = []
    for file in files:
        with readable(file):
            found = pq.read_table(file, columns=[column]).column(0).to_pylist()
        empty = next((row for row, value in enumerate(found) if value is None), None)
        if empty is not None:
            damaged(file, f"row {empty:,} has no `{column}`")
        if not found:
            damaged(file, "it has no rows")
        values += found
    return values


def image_paths(schema: Any, files: Sequence[Path], image: str) -> list[str]:
    """The images' paths, where they are told."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    import pyarrow.types as kinds

    kind = schema.field(image).type
    if not kinds.is_struct(kind) or "path" not in [kind.field(i).name for i in range(kind.num_fields)]:
        return []
    found: list[str] = []
    for file in files:
        column = pq.read_table(file, columns=[f"{image}.path"]).column(0)
        nested = kinds.is_struct(column.type)  # not with all of pyarrow's releases
        found += [path or "" for path in (pc.struct_field(column, "path") if nested else column).to_pylist()]
    return found
