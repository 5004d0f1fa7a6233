"""The answers of a trained network to rows: of tables, and of arrays."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.diagnostics import Diagnostic
from netspec.diagnostics.styled import printable
from netspec.files.writing import write_atomic
from netspec.report.sheet import file_cell


@dataclass(frozen=True, slots=True)
class Column:
    """The answers of one output.

    Attributes:
        name: The output's; empty where it is the only one that is judged.
        outputs: What the network gives, float32 [N, ...].
        columns: The names of the numbers that are told of each row: classes, labels, values or errors; none where
            outputs are more than a row of them.
        numbers: What outputs stand for, [N, columns] or in their shape: probabilities, or scores where they tell none,
            or values; of a segmentation, the share of the pixels of each class.
        labels: The likeliest class of each row, [N] int64; None of other tasks.
        masks: The likeliest class of each pixel, uint8 or int64 [N, H, W]; None of other tasks.
        figures: The numbers that are told of each row, [N, columns], where these are others: the errors of an
            autoencoder.
    """

    name: str
    outputs: Tensor
    columns: Sequence[str]
    numbers: Tensor
    labels: Tensor | None = None
    masks: Tensor | None = None
    figures: Tensor | None = None

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.numbers if self.figures is None else self.figures)

    @property
    def named(self) -> int:
        """The number of its columns that stand first, and are shown in any case."""
        return int(self.labels is not None)

    def without_outputs(self) -> Column:
        """The same with what a line tells alone."""
        numbers = self.numbers if self.columns and self.figures is None else self.numbers.new_empty(self.count)
        return replace(self, outputs=self.outputs.new_empty(0), numbers=numbers, masks=None)

    @property
    def header(self) -> list[str]:
        """The names of its columns: of several outputs behind the output's name and a point."""
        before = f"{self.name}." if self.name else ""
        if self.labels is None and tuple(self.columns) == (self.name,):
            return [self.name]
        return [*([f"{before}class"] if self.labels is not None else []), *(f"{before}{each}" for each in self.columns)]

    def lines(self, index: int) -> list[list[Any]]:
        """The answer to a row: one line."""
        named = [] if self.labels is None else [self.columns[int(self.labels[index])]]
        told = self.numbers if self.figures is None else self.figures
        return [[*named, *(told[index].tolist() if self.columns else ())]]

    def arrays(self) -> dict[str, Any]:
        """The answers as arrays by name."""
        before = f"{self.name}." if self.name else ""
        found: dict[str, Any] = {"outputs": self.outputs.numpy()}
        if self.labels is not None:
            found |= {"labels": self.labels.numpy(), "classes": np.array(self.columns)}
        if self.masks is not None:
            found |= {"masks": self.masks.numpy(), "classes": np.array(self.columns)}
        if self.labels is not None or self.masks is not None or not torch.equal(self.numbers, self.outputs):
            found["numbers"] = self.numbers.numpy()
        return {f"{before}{name}": each for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class Boxes:
    """The objects that a detector finds.

    Attributes:
        classes: The names of the classes, but the background.
        objects: Of each image its objects, the one of the highest score first: `boxes` [K, 4], left, top, right and
            bottom in the image's pixels, `labels` [K] from 1, and `scores` [K].
    """

    classes: Sequence[str]
    objects: Sequence[Mapping[str, Tensor]]

    @classmethod
    def of(cls, found: Sequence[Mapping[str, Tensor]], classes: Sequence[str], least: float) -> Boxes:
        """Those with this score at least."""
        kept = []
        for each in found:
            order = each["scores"].argsort(descending=True)
            order = order[each["scores"][order] >= least]
            kept.append({name: each[name][order].cpu() for name in ("boxes", "labels", "scores")})
        return cls(classes, kept)

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.objects)

    @property
    def named(self) -> int:
        """All of its columns are shown."""
        return len(self.header)

    @property
    def header(self) -> list[str]:
        """The names of its columns."""
        return ["class", "score", "left", "top", "right", "bottom"]

    def lines(self, index: int) -> list[list[Any]]:
        """A line for each object of an image."""
        each = self.objects[index]
        parts = (each[name].tolist() for name in ("labels", "scores", "boxes"))
        return [[self.classes[label - 1], score, *box] for label, score, box in zip(*parts, strict=True)]

    def arrays(self) -> dict[str, Any]:
        """All objects one after the other, by `image` the row that each is of, from 0."""
        joined_ = {name: torch.cat([each[name] for each in self.objects]).numpy() for name in ("boxes", "scores")}
        labels = torch.cat([each["labels"] for each in self.objects]).numpy() - 1
        counts = torch.tensor([len(each["scores"]) for each in self.objects])
        image = torch.arange(len(counts)).repeat_interleave(counts).numpy()
        return {**joined_, "labels": labels, "classes": np.array(self.classes), "image": image}


def joined(pieces: Sequence[Column | Boxes]) -> Column | Boxes:
    """The answers of an output to some rows after the other."""
    first, *_ = pieces
    if isinstance(first, Boxes):
        return replace(first, objects=[found for each in pieces if isinstance(each, Boxes) for found in each.objects])
    columns = [each for each in pieces if isinstance(each, Column)]

    def all_of(name: str) -> Any:
        parts = [getattr(each, name) for each in columns]
        return None if parts[0] is None else torch.cat(parts)

    return replace(first, **{name: all_of(name) for name in ("outputs", "numbers", "labels", "masks", "figures")})


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a network to the rows of some files.

    Attributes:
        rows: The file of each row, and its number in it, from 1.
        told: The answers of each output.
        unread: The problems of the files that were not answered.
    """

    rows: Sequence[tuple[str, int]]
    told: Sequence[Column | Boxes]
    unread: Sequence[Diagnostic] = ()

    @property
    def reconstructs(self) -> bool:
        """Whether lines tell errors alone, of an output that gives what it took."""
        return any(isinstance(each, Column) and each.figures is not None for each in self.told)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return ["file", "row", *(name for each in self.told for name in each.header)]

    def lines(self) -> Iterator[list[Any]]:
        """The answers, a line for each row; of a detector for each object."""
        for index, place in enumerate(self.rows):
            for parts in product(*(each.lines(index) for each in self.told)):
                yield [*place, *(value for each in parts for value in each)]

    def cells(self) -> Iterator[list[Any]]:
        """The lines as a spreadsheet is to read them."""
        for file, *rest in self.lines():
            yield [file_cell(file), *(printable(each) if isinstance(each, str) else each for each in rest)]

    def write(self, file: Path) -> None:
        """Write them as CSV or .npz, as the file's name says.

        Raises:
            NetspecError: NS0903: it cannot be written.
        """
        if file.suffix.lower() == ".npz":
            arrays: dict[str, Any] = {name: array for each in self.told for name, array in each.arrays().items()}
            rows: dict[str, Any] = {
                "row": np.array([row for _, row in self.rows]),
                "file": np.array([file for file, _ in self.rows]),
            }
            write_atomic(file, _packed({**arrays, **rows}))
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.cells())
        write_atomic(file, text.getvalue())


def _packed(arrays: Mapping[str, Any]) -> bytes:
    """Arrays as an .npz file; `numpy.savez` itself takes none that is called `file`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return packed.getvalue()
