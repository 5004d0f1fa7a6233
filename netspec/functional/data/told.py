"""The labels that texts tell: classes by name, values, or several of an image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from netspec.functional.data.arrays import counts
from netspec.functional.examples import UnfitData

Cells = Sequence[tuple[str, ...]]
"""For each image the cells of its labels."""


@dataclass(frozen=True)
class Told:
    """The targets of some parts of a data set.

    Attributes:
        targets: Of each part classes [N] int64, or values [N, K] float32; None of an
            empty part, and where there are no labels.
        classes: The names of the classes, in the order of their numbers.
        labels: Those of the labels of which an image may have several.
    """

    targets: tuple[Tensor | None, ...]
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def told_labels(
    place: Path,
    parts: Sequence[Cells],
    meant: str | None,
    known: Sequence[str] | None = None,
) -> Told:
    """The targets that cells tell; those of the first part say of which kind they are.

    Whole numbers and texts are names of classes; other numbers are values, unless they
    count 0.0, 1.0, ... without a gap. Several cells are numbers each.

    Args:
        place: The file, for the diagnostics.
        parts: The cells of each part.
        meant: Whether cells tell `classes` or `values`; None where they tell it.
        known: Names that were learned before: then those of all parts are told, for
            others to compare. None where the first part is what is learned from.

    Raises:
        UnfitData: A cell tells no label of its kind, or a class that is not learned.
    """
    if not parts[0] or not parts[0][0]:
        return Told(tuple(None for _ in parts))
    if len(parts[0][0]) > 1:
        return Told(tuple(values_in(place, part) for part in parts))
    kept = [[cell for (cell,) in part] for part in parts]
    numbers = [number_in(cell) for cell in kept[0]]
    check_kind(place, kept[0], numbers, meant)
    if meant != "classes" and None not in numbers:
        floats = np.array(numbers, dtype=np.float64)
        whole = all(map(is_whole, kept[0]))
        if meant == "values" or not (whole or counts(floats)):
            return Told(tuple(values_in(place, part) for part in parts))
    if None not in numbers or known:  # 3 and 3.0 are one class, but beside names
        as_is = set(known or ())
        kept = [[c if c in as_is else as_a_name(c) for c in part] for part in kept]
    learned = kept[:1] if known is None else kept
    classes = sorted(set().union(*learned), key=in_order)
    index = {name: number for number, name in enumerate(classes)}
    strange = sorted({cell for part in kept for cell in part} - index.keys())
    if strange:
        what = f"{place} has the class {strange[0][:60]!r}"
        raise UnfitData(
            f"{what}, which the training images lack", "labels must be learned"
        )
    if "" in index:
        raise UnfitData(f"{place}: a row has no label", "each row has one")
    found = (torch.tensor([index[c] for c in part]) if part else None for part in kept)
    return Told(tuple(found), tuple(classes))


def check_kind(
    place: Path, cells: list[str], numbers: list[float | None], meant: str | None
) -> None:
    """Refuse labels of which some are values and others names."""
    if meant == "classes" or None not in numbers:
        return
    name = cells[numbers.index(None)]
    pairs = zip(cells, numbers, strict=True)
    value = next((c for c, n in pairs if n is not None and not is_whole(c)), None)
    if value is not None or meant == "values":
        also = "" if value is None else f", and {value[:60]!r} is one"
        what = f"{place}: the label {name[:60]!r} is no number{also}"
        help = "write `targets: classes` if labels are names"
        raise UnfitData(what, help, "targets")


def is_whole(cell: str) -> bool:
    """Whether a cell says a whole number."""
    return cell.lstrip("+-").isdigit()


def several(
    place: Path, parts: Sequence[Cells], separator: str, of_all: bool = False
) -> Told:
    """Targets of labels of which an image may have several: 1 where it has one.

    Labels are those of the first part, or `of_all`.
    """
    if not parts[0] or not parts[0][0]:
        return Told(tuple(None for _ in parts))
    split = [
        [{each.strip() for each in cell.split(separator)} - {""} for (cell,) in part]
        for part in parts
    ]
    learned = (each for part in (split if of_all else split[:1]) for each in part)
    names = sorted(set().union(*learned), key=in_order)
    if not names:
        raise UnfitData(f"{place}: no image has a label", "name their column")
    index = {name: number for number, name in enumerate(names)}
    found: list[Tensor | None] = []
    for part in split:
        made = torch.zeros(len(part), len(names))
        for row, labels in enumerate(part):
            for label in labels:
                if label not in index:
                    what = f"{place} has the label {label[:60]!r}"
                    help = "labels must be learned"
                    raise UnfitData(f"{what}, which the training images lack", help)
                made[row, index[label]] = 1
        found.append(made if part else None)
    return Told(tuple(found), labels=tuple(names))


def values_in(place: Path, part: Cells) -> Tensor | None:
    """Cells as values [N, K] float32; None where there are none."""
    if not part:
        return None
    found = [[number_in(cell) for cell in cells] for cells in part]
    for cells, numbers in zip(part, found, strict=True):
        for cell, number in zip(cells, numbers, strict=True):
            if number is None or not math.isfinite(np.float32(number)):
                what = f"{place}: the label {cell[:60]!r} is no finite number"
                help = "others are: write `targets: classes` for names"
                raise UnfitData(what, help, "targets")
    return torch.tensor(found, dtype=torch.float32)


def number_in(cell: str) -> float | None:
    """The number that a cell says; None where it says none."""
    try:
        return float(cell)
    except ValueError:
        return None


def as_a_name(cell: str) -> str:
    """A cell as the name of a class: of whole numbers without zeros."""
    number = number_in(cell)
    whole = number is not None and number.is_integer()
    return f"{number:.0f}" if whole else cell


def in_order(name: str) -> tuple[bool, float, str]:
    """The place of a class: numbers first, by their size, then names."""
    number = number_in(name)
    if number is None or not math.isfinite(number):
        return True, 0.0, name
    return False, number, name
