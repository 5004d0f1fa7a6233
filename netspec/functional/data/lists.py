"""Lists of image files: CSV with a file in each row, and its labels or its mask."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor

from netspec.functional.data.arrays import Meant, meaning
from netspec.functional.data.decoding import Decoding, Encoded, decoded_data
from netspec.functional.data.encodings import LOOKED_AT, foreign_encoding, in_utf_8
from netspec.functional.data.faults import Faults
from netspec.functional.data.image_files import unfit
from netspec.functional.data.list_columns import Columns
from netspec.functional.data.masks import EncodedMasks, MaskDecoding
from netspec.functional.data.parts import PARTS, part_of
from netspec.functional.data.told import Told, several, told_labels
from netspec.functional.data.walk import astray
from netspec.functional.examples import Data, UnfitData
from netspec.functional.fields import Field
from netspec.functional.packing import packed

MOST_LISTED = 1 << 24
"""Rows that are read at most."""


@dataclass
class Rows:
    """The rows of a part of the data.

    Attributes:
        lines: Their lines in the file, from 1.
        paths: The files, as the list writes them.
        labels: The cells of the columns of labels.
    """

    lines: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    labels: list[tuple[str, ...]] = field(default_factory=list)

    def files(self, place: Path) -> list[Path]:
        """The files of a list at a place."""
        return [place.parent / name for name in self.paths]

    def named(self, *, masks: bool = False) -> list[tuple[int, str]]:
        """The files, each with its line; those of the masks too."""
        files = [*zip(self.lines, self.paths, strict=True)]
        if masks:
            files += [
                (n, mask) for n, (mask,) in zip(self.lines, self.labels, strict=True)
            ]
        return files


def load_list(
    place: Path,
    columns: Columns,
    targets: str | None,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images [N, C, H, W] with their classes or values.

    Args:
        place: The list.
        columns: Its columns.
        targets: Whether labels are `classes` or `values`, where they could be either.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    parts = parts_with_files(place, columns)
    told = told_labels(place, [rows.labels for rows in parts], targets)
    data = decoded_rows(place, parts, told.targets, decoding)
    return split(replace(data, classes=told.classes))


def load_list_of_several(
    place: Path,
    columns: Columns,
    separator: str,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images of which each may have several labels, with `separator` between them."""
    parts = parts_with_files(place, columns)
    told = several(place, [rows.labels for rows in parts], separator)
    return split(decoded_rows(place, parts, told.targets, decoding))


def load_list_of_outputs(
    place: Path,
    columns: Columns,
    outputs: Mapping[str, tuple[str, ...]],
    targets: Meant,
    decoding: Decoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images with the packed targets of several outputs, by the columns of each."""
    parts = parts_with_files(place, columns)
    told, fields = targets_of_outputs(place, parts, outputs, targets)
    data = decoded_rows(place, parts, told.targets, decoding)
    return split(replace(data, outputs=fields))


def load_list_of_masks(
    place: Path,
    columns: Columns,
    decoding: MaskDecoding,
    split: Callable[[Data], Data],
) -> Data:
    """Images with masks [N, H, W], which a column names."""
    parts, faults = parts_of_list(place, columns), Faults()
    check_files(place, parts, faults, masks=True)
    faults.refuse_broken()
    found: list[Encoded | None] = []
    for rows in parts:
        masks = [place.parent / mask for (mask,) in rows.labels]
        found.append(EncodedMasks(rows.files(place), None, masks) if masks else None)
    return split(decoded_data(found, decoding))


def parts_with_files(place: Path, columns: Columns) -> list[Rows]:
    """The rows of each part, whose files lie below the folder of the list."""
    parts, faults = parts_of_list(place, columns), Faults()
    check_files(place, parts, faults)
    faults.refuse_broken()
    return parts


def decoded_rows(
    place: Path,
    parts: Sequence[Rows],
    targets: Sequence[Tensor | None],
    decoding: Decoding,
) -> Data:
    """The images of rows, with the targets of each part."""
    pairs = zip(parts, targets, strict=True)
    found = [
        Encoded(rows.files(place), of) if rows.paths else None for rows, of in pairs
    ]
    return decoded_data(found, decoding)


def targets_of_outputs(
    place: Path,
    parts: Sequence[Rows],
    outputs: Mapping[str, tuple[str, ...]],
    targets: Meant,
    known: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Told, tuple[Field, ...]]:
    """The targets of several outputs, packed, of each part; and what they are of.

    `known` has the names that were learned before, by output.
    """
    pieces: list[list[Tensor]] = [[] for _ in parts]
    fields: list[Field] = []
    first = 0
    for name, own in outputs.items():
        taken = slice(first, first + len(own))
        cells = [[labels[taken] for labels in rows.labels] for rows in parts]
        names = None if known is None else known.get(name, ())
        told = told_labels(place, cells, meaning(targets, name), names)
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


def part_at(where: str, cell: str) -> int:
    """The number of the part that a cell says."""
    names = part_of(cell)
    if names is None:
        what = f"{where}: it is of the part {cell[:40]!r}"
        raise UnfitData(what, "write train, validation or test")
    return PARTS.index(names)


def check_files(
    place: Path, parts: Sequence[Rows], faults: Faults, *, masks: bool = False
) -> None:
    """Note files that lie outside of the list's folder, or behind links out of it.

    Args:
        place: The list.
        parts: Its rows.
        faults: Where they are noted.
        masks: Whether labels are files, too.
    """
    home = os.path.realpath(place.parent)
    inside: dict[str, bool] = {}
    for rows in parts:
        for line, name in rows.named(masks=masks):
            if reason := astray(home, name, inside):
                way = "name a file below the folder of the list"
                faults.note(f"{place}, line {line:,}: {name[:200]!r}", reason, way)
