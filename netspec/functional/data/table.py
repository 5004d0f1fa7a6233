"""Tables: columns to the inputs and the targets of a network, by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.arrays import Array, meaning
from netspec.functional.data.table_columns import (
    MOST_CATEGORIES,
    TableColumn,
    check_texts,
    columns_of,
    one_hot,
    targets_meant,
)
from netspec.functional.data.table_file import (
    check_columns,
    column_names,
    read_columns,
    refuse,
    tables_by_part,
)
from netspec.functional.examples import Data, Images, UnfitData
from netspec.functional.fields import Field
from netspec.functional.holding_out import with_test, with_usual_test

MOST_NUMBERS = 1 << 29
"""Numbers that the inputs of a part come to, 2 GiB."""


@dataclass(frozen=True)
class TableForm:
    """What the columns of a table are for.

    Attributes:
        inputs: Columns by input; one without a name is all that are no targets.
        outputs: Columns by output; one without a name has all targets.
        without: Columns that are left out.
        categories: Columns of numbers that are categories, as texts are.
        encode: `one_hot`, or `integers`.
        targets: `classes`, `values`, or None where the columns tell; or by output.
        delimiter: The sign between the fields of CSV.
        known: Categories and classes by column, as training had them; None where they
            are yet to be found.
    """

    inputs: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, tuple[str, ...]]
    without: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    encode: str = "one_hot"
    targets: str | Mapping[str, str] | None = None
    delimiter: str | None = None
    known: Mapping[str, tuple[str, ...]] | None = None


def load_table(place: Path, form: TableForm, test: float | None) -> Data:
    """The examples of a table, or of a folder with tables for its parts."""
    data = read_table(place, form, test)
    return with_usual_test(data) if test is None else with_test(data, test)


def read_table(place: Path, form: TableForm, test: float | None) -> Data:
    """The parts that there are; rows for validation test where nothing else is to."""
    train, validation, tested = tables_by_part(place)
    if not tested and test is None:
        validation, tested = [], validation
    reading = Reading(train[0], form)
    check_columns(train[0], reading.wanted, reading.names, "target")
    first = reading.part(train)
    return Data(
        first,
        reading.part(tested) if tested else None,
        reading.part(validation) if validation else None,
        1.0,
        reading.fields,
        reading.told if len(reading.told) > 1 else (),
        dict(reading.vocabulary),
        reading.told[0].classes if len(reading.told) == 1 else (),
    )


class Reading:
    """The reading of tables that are alike, the first of which are to learn from.

    Attributes:
        fields: The inputs, once a part was read.
        told: The outputs with their classes, once a part with targets was read.
        vocabulary: Categories and classes by column.
        names: The columns of the first table.
        wanted: The columns of all targets.
    """

    def __init__(self, first: Path, form: TableForm) -> None:
        self.form = form
        self.vocabulary = dict(form.known or {})
        self.fields: tuple[Field, ...] = ()
        self.told: tuple[Field, ...] = ()
        wanted = [name for names in form.outputs.values() for name in names]
        self.inputs = dict(form.inputs)
        self.names = names = column_names(first, form.delimiter)
        check_columns(first, form.without, names, "without")
        check_columns(first, form.categories, names, "categories")
        inputs = [name for each in form.inputs.values() for name in each]
        check_columns(first, inputs, names, "inputs")
        if not any(form.inputs.values()):
            left_out = {*wanted, *form.without}
            rest = tuple(name for name in names if name not in left_out)
            if not rest:
                help = "an input takes a column that is no target"
                refuse(first, "it has no column for the input", help)
            self.inputs = dict.fromkeys(form.inputs or ("input",), rest)
        self.taken = list(
            dict.fromkeys(n for each in self.inputs.values() for n in each)
        )
        self.wanted = wanted

    def part(self, files: Sequence[Path], targets: bool = True) -> Images:
        """The examples of some files; without `targets` their inputs alone."""
        inputs: list[Tensor] = []
        told: list[Tensor] = []
        names = [*self.taken, *(self.wanted if targets else ())]
        for file in files:
            table = read_columns(file, list(dict.fromkeys(names)), self.form.delimiter)
            columns = columns_of(table, file)
            inputs.append(self.inputs_of(columns))
            if targets:
                told.append(self.targets_of(columns))
        return Images(torch.cat(inputs), torch.cat(told) if targets else None)

    def inputs_of(self, columns: Mapping[str, TableColumn]) -> Tensor:
        """The inputs of a table's rows, packed: [N, numbers] float32."""
        made: list[Array] = []
        fields: list[Field] = []
        for name, taken in self.inputs.items():
            pieces: list[Array] = []
            fixed: list[int] = []
            width = 0
            for each in taken:
                piece = self.encoded(columns[each])
                if piece.shape[1] > 1 or self.is_one_hot(columns[each]):
                    fixed += range(width, width + piece.shape[1])
                width += piece.shape[1]
                pieces.append(piece)
            made += pieces
            fields.append(Field(name, (width,), tuple(fixed), columns=taken))
        self.fields = tuple(fields)
        return torch.from_numpy(np.concatenate(made, 1))

    def is_one_hot(self, column: TableColumn) -> bool:
        """Whether a column becomes a number for each of its categories."""
        return column.name in self.vocabulary and self.form.encode == "one_hot"

    def encoded(self, column: TableColumn) -> Array:
        """A column as float32 [N, numbers]."""
        name = column.name
        if name not in self.vocabulary:
            if not column.is_text and name not in self.form.categories:
                return column.numbers()[:, None]
            if self.form.known is not None:
                column.numbers()  # refuses it: training had numbers
            if name not in self.form.categories:
                check_texts(column)
            self.vocabulary[name] = column.categories()
        known = self.vocabulary[name]
        codes = column.codes(known)
        if self.form.encode == "integers":
            return codes.astype(np.float32)[:, None]
        if len(known) > MOST_CATEGORIES or len(known) * len(codes) > MOST_NUMBERS:
            what = f"has {len(known):,} categories, too many for a number each"
            help = f"write `encode: integers`, or leave it out: `without: [{name}]`"
            column.refuse(what, help)
        return one_hot(codes, len(known))

    def targets_of(self, columns: Mapping[str, TableColumn]) -> Tensor:
        """The targets of a table's rows; of several outputs packed, [N, numbers]."""
        made: list[Tensor] = []
        told: list[Field] = []
        for output, names in self.form.outputs.items():
            said = meaning(self.form.targets, output)
            target, meant = self.target_of(columns, names, said)
            made.append(target)
            classes = self.vocabulary[names[0]] if meant == "classes" else ()
            shape = () if meant == "classes" else (len(names),)
            told.append(Field(output, shape, classes=classes))
        if self.told and [each.shape for each in told] != [
            each.shape for each in self.told
        ]:
            raise UnfitData("the targets of tables differ in kind", "write `targets`")
        self.told = tuple(told)
        if len(made) == 1:
            return made[0]
        return torch.cat([each.reshape(len(each), -1).float() for each in made], 1)

    def target_of(
        self,
        columns: Mapping[str, TableColumn],
        names: Sequence[str],
        said: str | None,
    ) -> tuple[Tensor, str]:
        """The targets of an output: classes [N], or values [N, columns]."""
        column = columns[names[0]]
        if self.form.known is not None or self.told:  # as training had them
            meant = "classes" if names[0] in self.vocabulary else "values"
        else:
            meant = targets_meant(columns, names, said)
        if meant == "values":
            values = np.stack([columns[name].numbers() for name in names], 1)
            return torch.from_numpy(values), meant
        if column.name not in self.vocabulary:
            self.vocabulary[column.name] = column.categories()
        return torch.from_numpy(column.codes(self.vocabulary[column.name])), meant
