"""Images in the rows of Parquet files, at random access. Imports pyarrow in its functions alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netspec.recipe.data.finding import CACHE
from netspec.recipe.data.parquet_columns import opened, pieces, readable
from netspec.recipe.data.problems import damaged

_ROWS = 256
"""Images that are read together."""

_IN_MEMORY = 2**31
"""The most bytes of Parquet whose images are held in memory; beyond, an uncompressed copy is mapped from the cache."""


class ParquetRows:
    """The images of a column, file after file.

    Handed to another process, it takes its files' names along and opens them again there.

    Attributes:
        files: Parquet files.
        column: The column of bytes, or of structs with `bytes`, as Hugging Face lays images out.
        rows: Indices over all files; None is all of them.
    """

    def __init__(self, files: tuple[Path, ...], column: str, rows: tuple[int, ...] | None = None) -> None:
        self.files, self.column, self.rows = files, column, rows
        self._column: Any = None
        self._starts: list[int] = []

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_column": None}

    def __len__(self) -> int:
        return len(self._opened()) if self.rows is None else len(self.rows)

    def name(self, row: int) -> str:
        """The file and the row in it, from 0."""
        self._opened()
        whole = self._whole(row)
        index = max(i for i, start in enumerate(self._starts) if start <= whole)
        return f"{self.files[index]}, row {whole - self._starts[index]:,}"

    def data(self, row: int) -> bytes:
        """The encoded image."""
        value = self._opened()[self._whole(row)].as_py()
        if isinstance(value, dict):
            value = value.get("bytes")
        if not isinstance(value, bytes):
            raise OSError("there are no bytes; a path alone is not followed")
        return value

    def take(self, rows: Sequence[int]) -> ParquetRows:
        """Some of the images."""
        found = ParquetRows(self.files, self.column, tuple(map(self._whole, rows)))
        found._column, found._starts = self._column, self._starts
        return found

    def _whole(self, row: int) -> int:
        return row if self.rows is None else self.rows[row]

    def _opened(self) -> Any:
        if self._column is None:
            import pyarrow as pa

            found: list[Any] = []
            self._starts, start = [], 0
            large = sum(file.stat().st_size for file in self.files) > _IN_MEMORY
            for file in self.files:
                with readable(file):
                    copied = large and file.suffix != ".arrow"  # Arrow is mapped as it is
                    arrays = _mapped(file, self.column) if copied else list(pieces(file, self.column, _ROWS))
                    found += arrays
                    if len({str(array.type) for array in found}) > 1:
                        damaged(file, f"its `{self.column}` is of another type than that of {self.files[0]}")
                self._starts.append(start)
                start += sum(map(len, arrays))
            self._column = pa.chunked_array(found)
        return self._column


def _mapped(file: Path, column: str) -> list[Any]:
    """A column as arrays that are mapped from an uncompressed copy in the cache, made at the first time."""
    import pyarrow as pa

    state = file.stat()
    mark = hashlib.sha256(f"{file.resolve()} {column} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    copy = CACHE.expanduser() / "arrow" / f"{file.stem}-{mark}.arrow"
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(f".{mark}.partial")
        schema = pa.schema([opened(file).schema_arrow.field(column)])
        try:
            with pa.OSFile(str(partial), "wb") as out, pa.ipc.new_file(out, schema) as writer:
                for piece in pieces(file, column, _ROWS):
                    writer.write_batch(pa.record_batch([piece], schema=schema))
            partial.replace(copy)
        finally:
            partial.unlink(missing_ok=True)
    return list(pa.ipc.open_file(pa.memory_map(str(copy))).read_all().column(0).chunks)
