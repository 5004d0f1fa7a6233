"""Tables: columns of CSV or Parquet files to inputs and targets, by name. Imports torch in its functions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.styled import printable
from netspec.frontend.schema import SECTION
from netspec.functional.examples import UnfitData
from netspec.recipe.data.base import Held
from netspec.recipe.data.ends import PARQUET, check_ends
from netspec.recipe.data.held_out import with_test
from netspec.recipe.data.labels import Targets
from netspec.recipe.data.numpy_files import InMemory
from netspec.recipe.data.parquet_columns import opened
from netspec.recipe.data.placed import Placed
from netspec.recipe.data.problems import mismatch, missing
from netspec.recipe.data.raw import RawData
from netspec.recipe.function import Function, Instance, functional

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional.fields import Field

T = TypeVar("T")
Names = tuple[str, ...]


def _names(value: Any) -> Names:
    """Reads a column, or a list of columns."""
    names = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise PydanticCustomError("columns", "a column by its name, or a list of different ones")
    return names


def _by_name(value: Any) -> Names | dict[str, Names]:
    """Reads columns, or a mapping from inputs or outputs to columns."""
    if not isinstance(value, Mapping):
        return _names(value)
    if not value or not all(isinstance(name, str) and name for name in value):
        raise PydanticCustomError("columns", "columns, or a mapping from names of the network to columns")
    return {name: _names(columns) for name, columns in value.items()}


Columns = Annotated[Names, BeforeValidator(lambda value: () if value in ([], ()) else _names(value))]
"""Columns by their names; there may be none."""

Named = Annotated[Names | dict[str, Names], BeforeValidator(_by_name)]
"""Columns, or columns by the input or output that they are for."""


Told = Annotated[Names | dict[str, Names], BeforeValidator(lambda value: () if value in ([], ()) else _by_name(value))]
"""The same, or nothing."""


class Table(Placed):
    """A table: a CSV or Parquet file with a row for each example, or a folder of such files.

    The main argument is the file, or a folder with files whose names say `train`, and `validation` or `test`. Columns
    of numbers become inputs as they are and are then standardised; columns of texts are categories. No value may be
    missing.

    Attributes:
        target: The column that is told, or columns of values; or a mapping from the network's outputs to such.
        inputs: The columns that tell it, or a mapping from the network's inputs to such; None is all others.
        without: Columns that are left out.
        categories: Columns of numbers that are categories, as columns of texts are.
        encode: Whether a category becomes a number for each that there is, 1 or 0, or its place among them.
        targets: Whether targets are classes or values, or which by the name of the output; None takes texts and 0, 1,
            ... for classes, fractions for values, and leaves no other whole numbers undecided.
        test: As for a folder: share or number of test rows where the table has none.
        delimiter: The sign between the fields of CSV; None is a comma, and a tab in `.tsv`.
    """

    key: ClassVar[str] = "table"
    row_files: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".parquet")
    also: ClassVar[tuple[str, ...]] = ("csv", "tabular", "dataframe")
    absent: ClassVar[str] = "there is no table at"
    expected: ClassVar[str] = "a .csv or .parquet file, or a folder of some"
    whole_numbers: ClassVar[bool] = True
    outputs_key: ClassVar[str] = "target"
    counted: ClassVar[str] = "rows"
    brightest: ClassVar[int] = 1

    target: Told
    inputs: Named | None = None
    without: Columns = ()
    categories: Columns = ()
    encode: Literal["one_hot", "integers"] = "one_hot"
    targets: Targets | dict[str, Targets] | None = None
    test: Held | None = None
    delimiter: str | None = None

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        for name in ("resize", "range", "mean"):
            if getattr(self, name) is not None:
                raise ValueError(f"`{name}` is of images, and a table has none")
        if self.pad != (0, 0):
            raise ValueError("`pad` is of images, and a table has none")
        if self.delimiter is not None and (len(self.delimiter) != 1 or not self.delimiter.isascii()):
            raise ValueError("`delimiter` is one sign, such as ';'")
        columns = [name for names in self.outputs.values() for name in names]
        told = set(columns)
        if not told:
            raise ValueError("`target` needs a column")
        if len(told) < len(columns):
            raise ValueError("a column is the target of one output")
        for name in self.targets if isinstance(self.targets, dict) else ():
            if name not in self.named_outputs:
                raise ValueError(f"`targets` has {name!r}, which is no output of `target`")
        given = {name for names in _mapping(self.inputs, "").values() for name in names}
        for name in (*self.without, *sorted(told)):
            if name in given:
                raise ValueError(f"`{name}` is an input, and {'a target' if name in told else 'left out'}, too")
        return self

    @property
    def outputs(self) -> dict[str, Names]:
        """The columns of each output."""
        return _mapping(self.target, "output")

    def columns_of(self, output: str) -> Names:
        return self.outputs.get(output) or next(iter(self.outputs.values()))

    @property
    def named_outputs(self) -> Names:
        return tuple(self.target) if isinstance(self.target, dict) else ()

    @property
    def named_inputs(self) -> Names:
        return tuple(self.inputs) if isinstance(self.inputs, dict) else ()

    @property
    def packs(self) -> bool:
        return True

    def rows(
        self, place: Path | InMemory, taken: Mapping[str, tuple[int, ...]]
    ) -> Iterator[tuple[Tensor, tuple[Field, ...]]]:
        from netspec.functional.data.table import Reading

        if isinstance(place, InMemory):
            kinds = ", ".join(self.row_files)
            mismatch(f"a network that learned from a table takes files of rows ({kinds}), and {place} is in memory")

        def read(place: Path) -> tuple[Tensor, tuple[Field, ...]]:
            reading = Reading(place, replace(self.form().made(), without=(), categories=()))
            examples = reading.part([place], targets=False).images
            return examples, reading.fields

        yield self.reading(read, place)

    def load(self) -> RawData:
        return with_test(self._read(self.test), self.test)

    def own_parts(self) -> RawData:
        return self._read(None)

    def look_into(self, place: Path) -> None:
        from netspec.functional.data.table_file import is_parquet, tables_by_part

        with self._told():
            check_ends((file for files in tables_by_part(place) for file in files if is_parquet(file)), PARQUET)

    def reader(self) -> Function:
        return functional("data.table.load_table", form=self.form(), test=self.test)

    def form(self) -> Instance:
        """What the columns are for: a `netspec.functional.data.table.TableForm`."""
        options: dict[str, Any] = {
            "inputs": dict(self._learned.columns if self._learned else {}) or _mapping(self.inputs, "input"),
            "outputs": self.outputs,
        }
        usual = {"without": (), "categories": (), "encode": "one_hot", "targets": None, "delimiter": None}
        options |= {name: getattr(self, name) for name, value in usual.items() if getattr(self, name) != value}
        if self._learned and self._learned.vocabulary is not None:
            options["known"] = dict(self._learned.vocabulary)
        return Instance("netspec.functional.data.table.TableForm", options)

    def _read(self, test: float | int | None) -> RawData:
        from netspec.functional.data.table import read_table

        data = self.reading(lambda place: read_table(place, self.form().made(), test))
        raw = self.raw(data)
        if data.train.labels is None:
            return raw
        ((column, *_),) = self.outputs.values()
        return replace(raw, classes=data.vocabulary[column])

    def reading(self, read: Callable[[Path], T], place: Path | None = None) -> T:
        """What `read` makes of the table's place, or of another.

        Raises:
            NetspecError: NS0802: it is not there; NS0803: it is broken, or columns are not what they should be.
        """
        from netspec.functional.data.table_file import is_parquet, tables_by_part
        from netspec.recipe.libraries import require

        require("pyarrow", what="a table")
        place = place or self.place()
        with self._told():
            for file in (file for files in tables_by_part(place) for file in files if is_parquet(file)):
                opened(file)
            return read(place)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise NS0802 or NS0803 for the refusals of tables, at the option that asks for a column."""
        try:
            yield
        except FileNotFoundError as error:
            missing(printable(str(error)))
        except UnfitData as error:
            path = (SECTION, "data", error.option) if error.option in self.model_fields_set else None
            raise NetspecError.of(
                Code.DATA_BROKEN, printable(error.what), help=printable(error.help), path=path
            ) from None


def _mapping(columns: Names | dict[str, Names] | None, name: str) -> dict[str, Names]:
    """Columns by name, those without one by that which is given."""
    return columns if isinstance(columns, dict) else {name: columns or ()}
