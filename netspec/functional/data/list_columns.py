"""The columns of a list of files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netspec.functional.data.columns import LABELS, lacking
from netspec.functional.examples import UnfitData

PATHS = ("path", "file", "filename", "file_name", "image")
"""Columns that are taken for paths, the first that is there."""


@dataclass(frozen=True)
class Columns:
    """The columns of a list.

    Attributes:
        path: That of the files; None is the first that is called as one of `PATHS`.
        label: That of the labels, or of the masks, or several; None is the first that
            is called as one of `LABELS`, if any.
        part: That of the words train, validation and test.
        delimiter: The character between them.
    """

    path: str | None = None
    label: str | tuple[str, ...] | None = None
    part: str | None = None
    delimiter: str = ","

    def found(self, place: Path, head: list[str]) -> ColumnPlaces:
        """The places of the columns in a list with this head."""

        def index(name: str) -> int:
            if head.count(name) == 1:
                return head.index(name)
            what, help = lacking(name, head)
            if self.path is None and name == PATHS[0] and len(head) > 1:
                help += f"; say which has the files, `path_column: {head[0][:40]}`"
            if name in head:
                what = f"it has {head.count(name)} columns `{name}`"
            raise UnfitData(f"{place}: {what}", help)

        path = self.path or next((each for each in PATHS if each in head), PATHS[0])
        labels = (self.label,) if isinstance(self.label, str) else self.label
        if labels is None:
            labels = tuple([each for each in LABELS if each in head][:1])
        part = None if self.part is None else index(self.part)
        return ColumnPlaces(index(path), [index(label) for label in labels], part)


@dataclass(frozen=True)
class ColumnPlaces:
    """The places of a list's columns in its rows, from 0."""

    path: int
    labels: list[int]
    part: int | None
