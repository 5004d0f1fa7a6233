"""The columns of a list of files."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from netspec.functional.data.columns import LABELS
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
