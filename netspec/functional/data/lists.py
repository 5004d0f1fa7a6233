"""Lists of image files: CSV with a file in each row, and its labels or its mask."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from torch import Tensor

from netspec.functional.data.arrays import Meant, meaning
from netspec.functional.data.columns import LABELS
from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.encodings import LOOKED_AT, foreign_encoding, in_utf_8
from netspec.functional.data.image_files import unfit
from netspec.functional.data.listing import Look
from netspec.functional.data.parts import PARTS, part_of
from netspec.functional.data.told import Told, told_labels
from netspec.functional.data.walk import astray
from netspec.functional.examples import Data, UnfitData
from netspec.functional.fields import Field
from netspec.functional.packing import packed

PATHS = ("path", "file", "filename", "file_name", "image")
"""Columns that are taken for paths, the first that is there."""

MOST_LISTED = 1 << 24
"""Rows that are read at most."""


@dataclass(frozen=True)
class Columns:
    """The columns of a list.

    Attributes:
        path: That of the files; None is the first that is called as one of `PATHS`.
        label: That of the labels, or several with a number each; None is the first
            that is called as one of `LABELS`, if any.
        mask: That of the masks, in place of labels.
        part: That of the words train, validation and test.
        delimiter: The character between them.
        outputs: The columns of each of several outputs, in place of `label`.
    """

    path: str | None = None
    label: str | tuple[str, ...] | None = None
    mask: str | None = None
    part: str | None = None
    delimiter: str = ","
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def found(self, place: Path, head: list[str]) -> ColumnPlaces:
        """The places of the columns in a list with this head."""

        def index(name: str) -> int:
            if head.count(name) == 1:
                return head.index(name)
            what = f"{place} has {head.count(name)} columns `{name}`"
            if name not in head:
                what = f"{place} has no column `{name}`"
            there = f"it has {', '.join(f'`{each}`' for each in head[:20])}"
            if sign := next((s for s in ";\t|" if len(head) == 1 and s in head[0]), ""):
                there += f": write `delimiter: {sign!r}`"
            if meant := get_close_matches(name, head, 1):
                there = f"did you mean `{meant[0]}`? {there}"
            raise UnfitData(what, there)

        path = self.path or next((each for each in PATHS if each in head), PATHS[0])
        labels = (self.label,) if isinstance(self.label, str) else self.label
        if self.outputs:
            labels = tuple(name for each in self.outputs.values() for name in each)
        if labels is None:
            usual = next((each for each in LABELS if each in head), None)
            labels = () if usual is None or self.mask else (usual,)
        mask, part = (None if e is None else index(e) for e in (self.mask, self.part))
        return ColumnPlaces(index(path), [index(label) for label in labels], mask, part)


@dataclass(frozen=True)
class ColumnPlaces:
    """The places of a list's columns in its rows, from 0."""

    path: int
    labels: list[int]
    mask: int | None
    part: int | None


@dataclass
class Rows:
    """The rows of a part of the data.

    Attributes:
        lines: Their lines in the file, from 1.
        paths: The files, as the list writes them.
        labels: The cells of the columns of labels.
        masks: The files of the masks; empty without such a column.
    """

    lines: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    labels: list[tuple[str, ...]] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)


def load_list(
    place: Path,
    columns: Columns,
    separator: str | None,
    targets: Meant,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images [N, C, H, W] with their classes, values or masks.

    Args:
        place: The list.
        columns: Its columns.
        separator: The text between the labels of an image; None is one label.
        targets: Whether labels are classes or values, where numbers could be either.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    parts, look = parts_of_list(place, columns), Look(place.parent)
    check_files(place, parts, look)
    look.refuse_broken()
    told, outputs = targets_told(place, parts, columns, separator, targets)
    found: list[Encoded | None] = []
    for rows, labels in zip(parts, told.targets, strict=True):
        sources = [place.parent / name for name in rows.paths]
        masks = [place.parent / name for name in rows.masks] or None
        found.append(Encoded(sources, labels, masks) if sources else None)
    data = decoded_data(found, decoding)
    return split(replace(data, outputs=outputs, classes=told.classes))


def targets_told(
    place: Path,
    parts: Sequence[Rows],
    columns: Columns,
    separator: str | None,
    targets: Meant,
    known: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Told, tuple[Field, ...]]:
    """The targets of each part; of several outputs packed, with what they are of.

    `known` has the names that were learned before, by output.
    """
    names = None if known is None else known.get("", ())
    if not columns.outputs:
        cells = [rows.labels for rows in parts]
        return told_labels(place, cells, separator, meaning(targets, ""), names), ()
    pieces: list[list[Tensor]] = [[] for _ in parts]
    fields: list[Field] = []
    first = 0
    for name, own in columns.outputs.items():
        taken = slice(first, first + len(own))
        cells = [[labels[taken] for labels in rows.labels] for rows in parts]
        names = None if known is None else known.get(name, ())
        told = told_labels(place, cells, None, meaning(targets, name), names)
        for piece, each in zip(pieces, told.targets, strict=True):
            piece += [] if each is None else [each]
        shape = () if told.classes else (len(own),)
        fields.append(Field(name, shape, classes=told.classes))
        first += len(own)
    together = (packed(piece) if piece else None for piece in pieces)
    return Told(tuple(together)), tuple(fields)


def parts_of_list(place: Path, columns: Columns) -> list[Rows]:
    """The rows to learn from, to validate by and to test by; a lone one tests.

    Raises:
        UnfitData: It is no such list, lacks a column, or a row lacks a cell.
        FileNotFoundError: There is no row to train on.
    """
    if reason := unfit(place.stat()):
        raise UnfitData(f"{place}: {reason}", "name a file of CSV")
    parts = [Rows() for _ in PARTS]
    with place.open("rb") as begun:
        encoding = foreign_encoding(begun.read(LOOKED_AT))
    if encoding:
        what = f"{place}: it is in {encoding}, and lists are read in UTF-8"
        raise UnfitData(what, in_utf_8(encoding))
    try:
        with place.open(encoding="utf-8-sig", newline="") as file:
            read_listed(place, file, columns, parts)
    except UnicodeDecodeError:
        raise UnfitData(f"{place}: it is no text in UTF-8", "save it so") from None
    except csv.Error as error:
        what = f"{place}: it cannot be read as CSV ({error})"
        raise UnfitData(
            what, "a quote must be closed, and no cell be that long"
        ) from None
    train, validation, test = parts
    if not train.paths:
        raise FileNotFoundError(f"{place} names no file to train on")
    return parts if test.paths else [train, Rows(), validation]


def read_listed(
    place: Path, file: Iterable[str], columns: Columns, parts: list[Rows]
) -> None:
    """Add the rows of an open list to those of their parts."""
    reader = csv.reader(file, delimiter=columns.delimiter, strict=True)
    head = next(filter(None, reader), [])
    if not head:
        help = "a list begins with the names of its columns"
        raise UnfitData(f"{place}: it is empty", help)
    found = columns.found(place, head)
    for count, row in enumerate(reader):
        where = f"{place}, line {reader.line_num:,}"
        if not row:
            continue
        if count >= MOST_LISTED:
            what = f"{place} has more than {MOST_LISTED:,} rows"
            raise UnfitData(what, "make it shorter")
        if len(row) != len(head):
            what = f"{where}: it has {len(row)} cells, the head has {len(head)}"
            raise UnfitData(what, "a cell with a comma in it stands in quotes")
        rows = (
            parts[0] if found.part is None else parts[part_at(where, row[found.part])]
        )
        rows.lines.append(reader.line_num)
        rows.paths.append(row[found.path].strip())
        rows.labels.append(tuple(row[index].strip() for index in found.labels))
        if found.mask is not None:
            rows.masks.append(row[found.mask].strip())


def part_at(where: str, cell: str) -> int:
    """The number of the part that a cell says."""
    names = part_of(cell)
    if names is None:
        what = f"{where}: it is of the part {cell[:40]!r}"
        raise UnfitData(what, "write train, validation or test")
    return PARTS.index(names)


def check_files(place: Path, parts: list[Rows], look: Look) -> None:
    """Note files that lie outside of the list's folder, or behind links out of it."""
    home = os.path.realpath(place.parent)
    inside: dict[str, bool] = {}
    for rows in parts:
        for names in (rows.paths, rows.masks):
            for line, name in zip(rows.lines, names, strict=False):
                if reason := astray(home, name, inside):
                    way = "name a file below the folder of the list"
                    look.note(f"{place}, line {line:,}: {name[:200]!r}", reason, way)
