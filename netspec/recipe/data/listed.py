"""Lists of image files with labels: CSV."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from netspec.diagnostics.styled import printable
from netspec.recipe.data.encoded import Unsplit
from netspec.recipe.data.labels import Classes, Targets
from netspec.recipe.data.looking import Look
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import refusals
from netspec.recipe.data.raw import IGNORED, Files, RawData
from netspec.recipe.function import Function, Instance, functional

if TYPE_CHECKING:
    from netspec.functional.data.lists import Rows
    from netspec.functional.fields import Field as PackedField


class _ListedLook(Look):
    """A look through the files of a list, which says where it names those that are not there."""

    def __init__(
        self, place: Path, parts: Sequence[Rows], masked: bool, most: int, levels: tuple[float, float] | None
    ) -> None:
        super().__init__(place.parent, most=most, levels=levels)
        self.place, self.parts, self.masked = place, parts, masked

    @cached_property
    def lines(self) -> dict[str, int]:
        """The lines of the list by the files that they name."""
        root, rows = self.place.parent, [row for part in self.parts for row in part.named(masks=self.masked)]
        return {os.path.normpath(root / name): line for line, name in reversed(rows)}

    def note(self, place: Path | str, reason: str, way: str | None = None) -> None:
        if way is None and not os.path.lexists(place) and (line := self.lines.get(os.path.normpath(place))):
            way = f"{self.place}, line {line:,}, names it: put it there, or mend or delete that line"
        super().note(place, reason, way)


_NAMED = 20
"""Labels that a note names."""

_MOST_IN_MASKS = 255


def _tuple(value: object) -> object:
    """Reads a list, or a text, as a tuple."""
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_tuple)]


class Listed(Unsplit):
    """Image files that a CSV names, each with its label, several labels, values, or a mask.

    The main argument is the list. Its paths are relative to its folder, and lead nowhere else. Whole numbers and texts
    are names of classes, other numbers are values to be told.

    Attributes:
        path_column: The files' column; None is `path`, `file`, `filename`, `file_name` or `image`.
        label_column: The labels' column; None is `label`, `labels`, `fine_label`, `target` or `class`, if any; without
            labels images are their own targets. A list of columns has a number in each: 0 and 1 for labels of which an
            image may have several, or values. A mapping has columns, or lists of some, for each of several outputs.
        mask_column: The column of masks, whose pixels are the numbers of `classes`, in place of labels.
        part_column: The column that says of each row `train`, `validation` or `test`; without it all are to train on.
        separator: The text between the labels of an image that may have several: `|` for `cat|dog`.
        delimiter: The character between cells.
        targets: Whether labels tell classes or values, where they are numbers and could be either; or which by output.
        classes: Of masks, the names of the classes in the order of their numbers; or how many there are.
        ignored: Of masks, the number that is no class.
    """

    key: ClassVar[str] = "list"
    also: ClassVar[tuple[str, ...]] = ("file_list", "image_list")
    absent: ClassVar[str] = "there is no list"
    expected: ClassVar[str] = "a CSV with the columns path and label"
    image_files: ClassVar[tuple[str, ...]] = (".csv",)
    outputs_key: ClassVar[str] = "label_column"
    labelled: ClassVar[str] = "a `label_column`"

    path_column: str | None = None
    label_column: str | Names | dict[str, Names] | None = None
    mask_column: str | None = None
    part_column: str | None = None
    separator: str | None = Field(None, min_length=1)
    delimiter: str = Field(",", min_length=1, max_length=1, pattern=r'[^"\r\n]')
    targets: Targets | dict[str, Targets] | None = None
    classes: Classes | Names | None = None
    ignored: int = Field(IGNORED, ge=0, le=255)

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        for name in self.targets if isinstance(self.targets, dict) else ():
            if name not in self.named_outputs:
                raise ValueError(f"`targets` has {name!r}, which is no output of `label_column`")
        several = isinstance(self.label_column, (tuple, dict))
        if self.separator and (several or self.targets):
            raise ValueError("`separator` is for one column of labels, and takes no `targets`")
        if isinstance(self.label_column, tuple) and self.targets == "classes":
            raise ValueError("several columns of labels are values; name one `label_column` for classes")
        if self.mask_column is None and self.classes is not None:
            raise ValueError("`classes` is for masks: without a `mask_column` the list itself tells the classes")
        if self.mask_column is not None:
            self._check_masks()
        return self

    def _check_masks(self) -> None:
        count = self.classes if isinstance(self.classes, int) else len(self.classes or ())
        if not 1 < count <= _MOST_IN_MASKS:
            raise ValueError(f"masks need `classes`, 2 to {_MOST_IN_MASKS} of them: names, or how many there are")
        if self.label_column or self.separator or self.targets or self.per_class:
            raise ValueError("`mask_column` takes the place of labels, and of what is said of them")
        if self.crop or self.pad != (0, 0):
            raise ValueError(f"`{'crop' if self.crop else 'pad'}` is not for masks: bring them to one size by `resize`")

    @property
    def named_outputs(self) -> tuple[str, ...]:
        return tuple(self.label_column) if isinstance(self.label_column, dict) else ()

    def columns_of(self, output: str) -> Names:
        columns = self.label_column
        if isinstance(columns, dict):
            columns = columns.get(output) or next(iter(columns.values()))
        return (columns,) if isinstance(columns, str) else columns or ()

    def reader(self) -> Function:
        columns = Instance("netspec.functional.data.list_columns.Columns", self._columns())
        given: dict[str, Any] = {"columns": columns, "decoding": self.decoding(), "split": self.split()}
        if self.mask_column:
            return functional("data.lists.load_list_of_masks", **given)
        if self.separator:
            return functional("data.lists.load_list_of_several", separator=self.separator, **given)
        if self._outputs():
            given |= {"outputs": self._outputs()}
            return functional("data.lists.load_list_of_outputs", targets=self._meant(), **given)
        return functional("data.lists.load_list", targets=self._meant(), **given)

    @property
    def masked(self) -> bool:
        return self.mask_column is not None

    def _outputs(self) -> dict[str, Names]:
        """The columns of each of several outputs; empty where there is one."""
        columns = self.label_column
        return columns if isinstance(columns, dict) and len(columns) > 1 else {}

    def _columns(self) -> dict[str, Any]:
        label = self.mask_column or self.label_column
        if isinstance(label, dict):
            names = tuple(name for each in label.values() for name in each)
            label = names[0] if len(names) == 1 else names
        named = {"path": self.path_column, "label": label, "part": self.part_column}
        return {name: value for name, value in named.items() if value is not None} | {"delimiter": self.delimiter}

    def _meant(self) -> Targets | dict[str, Targets] | None:
        """The meaning of the labels of all outputs, or by output where there are several."""
        if isinstance(self.targets, dict) and len(self.named_outputs) == 1:
            return self.targets[self.named_outputs[0]]
        return self.targets

    def images_in(self, place: Path) -> Paths:
        from netspec.functional.data.list_columns import Columns
        from netspec.functional.data.lists import check_files, parts_of_list

        look = Look(place.parent, most=self.max_pixels, levels=self.levels)
        with refusals():
            columns = Columns(
                **{name: each for name, each in self._columns().items() if name in ("path", "delimiter")}, label=()
            )
            parts = parts_of_list(place, columns)
            check_files(place, parts, look)
            look.refuse_broken()
        return Paths(str(place.parent), tuple(path for rows in parts for path in rows.paths))

    def read(self, place: Path) -> RawData:
        """The files of a list, looked at by their ends."""
        from netspec.functional.data.arrays import meaning
        from netspec.functional.data.list_columns import Columns
        from netspec.functional.data.lists import check_files, parts_of_list, targets_of_outputs
        from netspec.functional.data.told import Told, several, told_labels

        with refusals():
            columns = Columns(**self._columns())
            parts = parts_of_list(place, columns)
            look = _ListedLook(place, parts, self.masked, self.max_pixels, self.levels)
            check_files(place, parts, look, masks=self.masked)
            look.refuse_broken()
            cells = [rows.labels for rows in parts]
            outputs: tuple[PackedField, ...] = ()
            known = self._learned.classes if self._learned else None
            if self.masked:
                told = Told(tuple(None for _ in parts))
            elif self.separator:
                told = several(place, cells, self.separator, known is not None)
            elif self._outputs():
                told, outputs = targets_of_outputs(place, parts, self._outputs(), self._meant(), known)
            else:
                names = None if known is None else known.get("", ())
                told = told_labels(place, cells, meaning(self._meant(), ""), names)
        root = str(place.parent)
        files = [
            Files(
                Paths(root, tuple(rows.paths)),
                targets,
                Paths(root, tuple(mask for (mask,) in rows.labels)),
                self.channels,
            )
            if self.mask_column
            else Files(Paths(root, tuple(rows.paths)), targets, channels=self.channels)
            for rows, targets in zip(parts, told.targets, strict=True)
        ]
        again = sum(len(rows.paths) for rows in parts) - len({path for rows in parts for path in rows.paths})
        if again:
            look.notes.append(f"{again:,} rows of {place} name files that others name too")
        if told.labels:
            named = ", ".join(map(printable, told.labels[:_NAMED]))
            look.notes.append(f"labels: {named}{', ...' if len(told.labels) > _NAMED else ''}")
        train, validation, test = (each if len(each) else None for each in files)
        notes = look.finish(each for each in files if len(each))
        assert train
        classes = self._names() or told.classes
        return RawData(train, test, classes, 255, validation, notes, outputs=outputs, labels=told.labels)

    def _names(self) -> tuple[str, ...]:
        """The classes of masks."""
        return tuple(map(str, range(self.classes))) if isinstance(self.classes, int) else self.classes or ()
