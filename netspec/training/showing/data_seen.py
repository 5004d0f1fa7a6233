"""What the figures of every data set have alike: caption, notes, contact sheet, and a row for each class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.recipe.data import DataSet
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.training.feeding.sample_set import Samples

LISTED = 20
"""The most classes, or values, that a text lists one by one."""


@dataclass(frozen=True, slots=True)
class DataSeen(ABC):
    """A data set in figures.

    Attributes:
        data: The recipe's.
        samples: The samples that training would get.
    """

    data: DataSet
    samples: Samples

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--format json``."""

    @abstractmethod
    def remark(self) -> str:
        """What there is, in a line."""

    @abstractmethod
    def figures(self) -> Iterator[doc.Part]:
        """The figures for a person."""

    @abstractmethod
    def rows(self) -> Sheet:
        """The figures for a spreadsheet."""

    def document(self, sheet: Path | None = None) -> doc.Document:
        """The figures for every reader; `sheet` is the contact sheet that was written."""
        return doc.Document(
            title=self.data.key,
            parts=lambda: self._parts(sheet),
            data=lambda: {**self.as_dict(), "sheet": sheet and str(sheet)},
            sheet=self.rows,
        )

    def _parts(self, sheet: Path | None) -> Iterator[doc.Part]:
        yield doc.Caption(self.data.key, remark=f": {self.remark()}")
        yield from self.figures()
        if self.samples.notes:
            yield doc.Notes([f"note: {text}" for text in self.samples.notes])
        if sheet is not None:
            yield doc.Paragraph(f"contact sheet in {sheet}")


def class_rows(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> list[doc.Row]:
    """A row for each class with its number in each part; of many classes, one for the rest.

    Args:
        classes: Their names.
        counts: The numbers of each part, by class.
    """
    rows = [doc.Row((name, *(f"{each[at]:,}" for each in counts))) for at, name in enumerate(classes[:LISTED])]
    if len(classes) > LISTED:
        rest = [each[LISTED:] for each in counts]
        shown = (f"{min(r):,}" if min(r) == max(r) else f"{min(r):,} to {max(r):,}" for r in rest)
        rows.append(doc.Row((f"{len(classes) - LISTED:,} more", *shown)))
    return rows
