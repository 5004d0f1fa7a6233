"""The columns of a table as numbers: inputs, and targets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netspec.functional.data.arrays import Array
from netspec.functional.data.table_file import refuse

MOST_CATEGORIES = 1 << 12
"""Categories of a column that become a number each."""

WITH_COMMA = re.compile(r"\s*[-+]?\d[\d.' ]*,[\d,]*\d\s*")
"""A number as it is written with a decimal comma, or with commas between thousands."""

LONGEST = 1000
"""Signs of a category's name."""


@dataclass(frozen=True)
class TableColumn:
    """A column of a table, read.

    Attributes:
        name: Its name.
        file: The table.
        values: [N] float64 of numbers, or [N] of texts.
    """

    name: str
    file: Path
    values: Array

    @property
    def is_text(self) -> bool:
        """Whether it holds texts."""
        return str(self.values.dtype) == "object"

    def refuse(self, what: str, help: str) -> None:
        """Refuse the column."""
        refuse(self.file, f"the column `{self.name}` {what}", help)

    def categories(self) -> tuple[str, ...]:
        """What is told apart in it: texts in their order, numbers in theirs."""
        found = sorted(set(self.values.tolist()))
        longest = max((len(each) for each in found if isinstance(each, str)), default=0)
        if longest > LONGEST:
            what = f"has a text of {longest:,} signs; categories have up to {LONGEST:,}"
            self.refuse(what, f"leave it out: `without: [{self.name}]` at `data`")
        return tuple(written(each) for each in found)

    def codes(self, known: Sequence[str]) -> Array:
        """The place of each row's category among those known, [N] int64."""
        places = {name: place for place, name in enumerate(known)}
        codes = {each: places.get(written(each)) for each in set(self.values.tolist())}
        strange = [each for each, code in codes.items() if code is None]
        if strange:
            row = next(i for i, each in enumerate(self.values) if each in strange)
            value = written(self.values[row])
            what = f"has {value!r} in row {row + 1:,}, which is not learned"
            self.refuse(what, f"known are {quoted(known)}")
        return np.array([codes[each] for each in self.values.tolist()], np.int64)

    def numbers(self) -> Array:
        """Its numbers, [N] float32."""
        if self.is_text:
            rows = enumerate(self.values, 1)
            row = next((row for row, each in rows if not is_number(each)), 1)
            what = f"holds texts, such as {self.values[row - 1]!r} in row {row:,}"
            self.refuse(what, "its rows were numbers in training")
        return self.values.astype(np.float32)


def columns_of(table: Any, file: Path) -> dict[str, TableColumn]:
    """The columns of a table of Arrow's, each with a value in every row.

    Raises:
        UnfitData: Values are missing, no finite numbers, or of a kind not read.
    """
    found: dict[str, TableColumn] = {}
    missing: list[str] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        empty = np.flatnonzero(column.is_null(nan_is_null=True).to_numpy())
        if len(empty):
            more = f" and {len(empty) - 1:,} more" if len(empty) > 1 else ""
            missing.append(f"`{name}` in row {empty[0] + 1:,}{more}")
        else:
            found[name] = TableColumn(name, file, values_of(column, name, file))
    if missing:
        more = f", and {len(missing) - 5:,} more columns" if len(missing) > 5 else ""
        help = "fill them in, or leave columns out: `without: [...]` at `data`"
        refuse(file, f"values are missing: {', '.join(missing[:5])}{more}", help)
    return found


def values_of(column: Any, name: str, file: Path) -> Array:
    """The values of a column: float64, or texts."""
    import pyarrow.types as kinds  # type: ignore[import-untyped]

    kind = column.type
    if kinds.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        texts = np.empty(len(column), object)
        texts[:] = column.dictionary_encode().to_pylist()
        return texts
    if kinds.is_boolean(kind):
        texts = np.empty(len(column), object)
        texts[:] = ["true" if each else "false" for each in column.to_pylist()]
        return texts
    numeric = (
        kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind)
    )
    if not numeric:
        help = "numbers and texts are read; leave it out: `without: [...]` at `data`"
        refuse(file, f"the column `{name}` holds {kind}", help)
    numbers: Array = column.to_numpy().astype(np.float64)
    with np.errstate(over="ignore"):
        wrong = ~np.isfinite(numbers.astype(np.float32))
    if wrong.any():
        row = int(wrong.argmax())
        what = f"row {row + 1:,} of `{name}` is {numbers[row]:g}, no finite float32"
        refuse(file, what, "mend it, or leave the column out: `without: [...]`")
    return numbers


def check_texts(column: TableColumn) -> None:
    """Make sure that a column of texts is not one of numbers with some texts in it."""
    kinds = {each: is_number(each) for each in set(column.values.tolist())}
    if any(kinds.values()) and not all(kinds.values()):
        row = next(i for i, each in enumerate(column.values) if not kinds[each])
        what = f"holds numbers, and {column.values[row]!r} in row {row + 1:,}"
        name = column.name
        column.refuse(what, f"mend it, or write `categories: [{name}]` at `data`")
    check_commas(column, f"categories: [{column.name}]")


def check_commas(column: TableColumn, meant: str) -> None:
    """Make sure that a column of texts is not one of numbers with commas in them.

    Args:
        column: The column.
        meant: The option that says that its texts are what they seem to be.
    """
    texts = set(column.values.tolist())
    if all(WITH_COMMA.fullmatch(each) for each in texts):
        what = f"holds {column.values[0]!r} in row 1: numbers have a point, no comma"
        column.refuse(what, f"write `6.5` and `1200`, or `{meant}` at `data`")


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def written(value: float | str) -> str:
    """A category by its name: whole numbers without a point."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else repr(value)


def quoted(names: Sequence[str]) -> str:
    """Some names, quoted."""
    more = ", ..." if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more


def one_hot(codes: Array, count: int) -> Array:
    """Codes [N] as [N, count], 1 in the place of each and 0 elsewhere; float32."""
    found = np.zeros((len(codes), count), np.float32)
    found[np.arange(len(codes)), codes] = 1
    return found


def targets_meant(
    columns: Mapping[str, TableColumn], names: Sequence[str], meant: str | None
) -> str:
    """Whether the columns of an output tell classes or values.

    Texts are classes, and so are numbers that count 0, 1, ... without a gap; numbers
    with a fraction are values. Of other whole numbers only the recipe can tell.
    """
    first = columns[names[0]]
    if len(names) > 1:
        text = next((columns[name] for name in names if columns[name].is_text), None)
        if text is not None or meant == "classes":
            what = "is one of several that an output is to tell as values"
            (text or first).refuse(
                what, "classes are one column; numbers may be several"
            )
        return "values"
    if first.is_text and meant == "values":
        first.refuse("holds texts, and values are numbers", "write `targets: classes`")
    if first.is_text and not meant:
        check_commas(first, "targets: classes")
    if meant or first.is_text:
        return meant or "classes"
    found = np.unique(first.values)
    if len(found) > 1 and np.array_equal(found, np.arange(len(found))):
        return "classes"
    if np.array_equal(found, np.floor(found)):
        what = f"holds whole numbers from {found[0]:g} to {found[-1]:g}"
        help = "say what they are: `targets: classes` or `targets: values` at `data`"
        first.refuse(f"{what}, which may be classes or values", help)
    return "values"
