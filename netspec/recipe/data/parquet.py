"""Parquet files with images, as Hugging Face lays data sets out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from netspec.diagnostics.styled import printable
from netspec.functional.data.columns import holds_bytes, label_column_of, lacking
from netspec.functional.data.parts import files_by_part
from netspec.objects.immutable import immutable
from netspec.recipe.data.encoded import Unsplit
from netspec.recipe.data.ends import PARQUET, check_ends
from netspec.recipe.data.labels import MOST_CLASSES, Targets, counted_from, numbers_of
from netspec.recipe.data.parquet_columns import column_values, image_column, image_paths, schema_of
from netspec.recipe.data.parquet_rows import ParquetRows
from netspec.recipe.data.problems import all_damaged, damaged, mismatch, missing, refusals
from netspec.recipe.data.raw import Files, RawData
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    import torch


class Parquet(Unsplit):
    """Parquet files with a column of encoded images and one of labels.

    The main argument is a file, or a folder with files whose names say `train`, and `validation` or `test`. The images'
    column holds bytes, or structs of `bytes` and `path`; the labels' one whole numbers, names, or floats (regression).
    Names of the classes are those that Hugging Face wrote into the file, or the folders in the images' paths.

    Attributes:
        image_column: The images' column; None is the first that holds bytes.
        label_column: The labels' column; None is `label`, `labels`, `fine_label`, `target` or `class`.
        targets: Whether the labels tell classes or values; None takes floats for values, unless they count 0, 1, ... .
    """

    key: ClassVar[str] = "parquet"
    absent: ClassVar[str] = "there is no Parquet at"
    expected: ClassVar[str] = "a .parquet file, or a folder of some"
    image_files: ClassVar[tuple[str, ...]] = (".parquet", ".arrow")

    image_column: str | None = None
    label_column: str | None = None
    targets: Targets | None = None

    def own_parts(self) -> RawData:
        from netspec.recipe.libraries import require

        require("pyarrow")
        return super().own_parts()

    def reader(self) -> Function:
        own = {name: getattr(self, name) for name in ("image_column", "label_column", "targets")}
        return functional("data.tables.load_tables", decoding=self.decoding(), split=self.split(), **own)

    def look_into(self, place: Path) -> None:
        for files in self._parts(place):
            check_ends(files, PARQUET)

    def _parts(self, place: Path) -> list[list[Path]]:
        """The files to learn from, to validate by and to test by."""
        if not place.is_dir():
            return [[place], [], []]
        files = sorted(place.rglob("*.parquet"))
        if not files:
            missing(f"{place} holds no .parquet file")
        with refusals():
            return files_by_part(place, files)

    def images_in(self, place: Path) -> ParquetRows:
        from netspec.recipe.libraries import require

        require("pyarrow")
        schema = schema_of(place)
        image = self.image_column or image_column(schema, place)
        if image not in schema.names:
            damaged(place, *lacking(image, schema.names))
        if not holds_bytes(schema.field(image).type):
            damaged(place, f"the column `{image}` is of {schema.field(image).type}, and holds no encoded images")
        return ParquetRows((place,), image)

    def read(self, place: Path) -> RawData:
        """The parts that a file or a folder holds."""
        columns = Columns(self.image_column, self.label_column, self.targets)
        train, validation, test = self._parts(place)
        if not place.is_dir():
            return read_parquet(train, validation, test, columns, self.channels)
        unused = [str(file) for file in sorted(place.rglob("*.parquet")) if file not in (*train, *validation, *test)]
        found = read_parquet(train, validation, test, columns, self.channels)
        if unused:
            names = ", ".join(map(printable, unused[:3])) + (
                f" and {len(unused) - 3:,} more" if len(unused) > 3 else ""
            )
            found = replace(found, notes=(*found.notes, f"files whose names say no part are left out: {names}"))
        return found


@immutable
class Columns:
    """The columns of a file that the recipe names.

    Attributes:
        image: The images'; None is the first that holds bytes.
        label: The labels'; None is the first of the usual names.
        targets: The meaning of labels.
    """

    image: str | None = None
    label: str | None = None
    targets: Targets | None = None


def read_parquet(
    train: Sequence[Path],
    validation: Sequence[Path],
    test: Sequence[Path],
    columns: Columns | None = None,
    channels: int = 3,
) -> RawData:
    """The images and labels of Parquet files, several for each part.

    Args:
        train: Files to learn from.
        validation: Files to choose the best weights by.
        test: Files to judge by.
        columns: The columns to read, where they are not those of the usual names.
        channels: The channels that images are converted to.

    Raises:
        NetspecError: NS0803, NS0804: a file is broken, lacks a column, or labels are not what they should be.
    """
    schema = schema_of(train[0])
    columns = columns or Columns()
    image = columns.image or image_column(schema, train[0])
    label = columns.label or label_column_of(schema)
    for name in filter(None, (image, label)):
        for file in (*train, *validation, *test):
            columns_of = schema_of(file).names
            if columns_of.count(name) > 1:
                damaged(file, f"it has {columns_of.count(name)} columns `{name}`")
            if name not in columns_of:
                damaged(file, *lacking(name, columns_of))
    if not holds_bytes(schema.field(image).type):
        damaged(train[0], f"the column `{image}` is of {schema.field(image).type}, and holds no encoded images")
    values = [column_values(files, label) if label and files else None for files in (train, validation, test)]
    kinds = {"numbers" if isinstance(part[0], int | float) else type(part[0]).__name__ for part in values if part}
    if len(kinds) > 1:
        mismatch(f"{train[0]}: `{label}` is of {' and '.join(sorted(kinds))} in the parts of the data")
    if values[0] is not None:
        values = _as_meant(values, columns.targets, train[0])
    names = _class_names(schema, label, train, image, values[0]) if label else ()
    found: list[Files | None] = []
    for files, labels in zip((train, validation, test), values, strict=True):
        if not files:
            found.append(None)
            continue
        targets = None if labels is None else _targets(tuple(files), labels, names)
        found.append(Files(ParquetRows(tuple(files), image), targets, channels=channels))
    assert found[0]
    classes = names if values[0] is not None and not isinstance(values[0][0], float) else ()
    return RawData(found[0], found[2], classes, 255, found[1])


def _class_names(
    schema: Any, label: str, train: Sequence[Path], image: str, values: list[Any] | None
) -> tuple[str, ...]:
    """The classes: as Hugging Face wrote them, as the labels themselves are, as the images' folders, or numbered."""
    assert values is not None
    if isinstance(values[0], str):
        return tuple(sorted(set(values)))
    if not isinstance(values[0], int):
        return ()
    if noted := _noted_names(schema, label):
        return noted
    folders: dict[int, set[str]] = {}
    for path, value in zip(image_paths(schema, train, image), values, strict=False):
        folders.setdefault(value, set()).add(PurePosixPath(path).parent.name)
    count = max(0, max(values)) + 1
    named = tuple(next(iter(folders.get(i, {""}))) for i in range(count))
    if all(len(folders.get(i, ())) == 1 for i in range(count)) and len(set(named)) == count and all(named):
        return named
    return tuple(map(str, range(count)))


def _noted_names(schema: Any, label: str) -> tuple[str, ...]:
    """The classes as Hugging Face wrote them into a file; empty where it did not, or where others wrote there."""
    try:
        noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = noted["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    whole = isinstance(names, list) and len(names) <= MOST_CLASSES and all(isinstance(name, str) for name in names)
    return tuple(names) if whole else ()


def _as_meant(values: list[list[Any] | None], meant: Targets | None, file: Path) -> list[list[Any] | None]:
    """Labels of all parts as what those to learn from are: whole numbers for classes, floats for values."""
    import numpy as np

    found: list[list[Any] | None] = []
    for part in values:
        if part and isinstance(part[0], int | float):
            numbers = numbers_of(np.array(part), meant, str(file))
            meant = "values" if numbers.is_floating_point() else "classes"
            part = numbers.flatten().tolist()
        found.append(part)
    return found


def _targets(files: Sequence[Path], values: list[Any], names: tuple[str, ...]) -> torch.Tensor:
    """Labels as whole numbers, or floats as they are."""
    import torch

    where = str(files[0]) if len(files) == 1 else f"{files[0]} and those after it"
    if isinstance(values[0], float):
        return torch.tensor(values)[:, None]
    if isinstance(values[0], str):
        known = {name: index for index, name in enumerate(names)}
        strange = sorted(set(values) - set(known))
        if strange:
            mismatch(f"{where} has the class {strange[0]}, which the training images lack")
        return torch.tensor([known[value] for value in values])
    if not isinstance(values[0], int):
        damaged(where, f"labels are whole numbers, names or floats, not {type(values[0]).__name__}")
    wrong_rows = [(row, value) for row, value in enumerate(values) if not 0 <= value < len(names)]
    all_damaged(
        [
            (f"{where}, row {row:,}", f"label {value} is out of range: there are {len(names)} classes")
            for row, value in wrong_rows
        ],
        counted_from(min(values), max(values), len(names)) or "labels are 0 to the number of classes less one",
    )
    return torch.tensor(values)
