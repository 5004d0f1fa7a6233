"""Data sets of Hugging Face on the disk: what `save_to_disk` writes, or the Parquet of the hub."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netspec.functional.data.arrow_files import SPLITS, STATE, tables_of
from netspec.recipe.data.parquet import Columns, Parquet, read_parquet
from netspec.recipe.data.problems import missing, refusals
from netspec.recipe.data.raw import RawData


class HuggingFace(Parquet):
    """A folder that `save_to_disk` of Hugging Face's datasets wrote, of one split or of several; or the hub's Parquet.

    Arrow files are mapped: what is not asked for stays on the disk. Splits are told by their names; a lone one is to
    train on. Columns and names of classes are as with `parquet`.
    """

    key: ClassVar[str] = "hugging_face"
    also: ClassVar[tuple[str, ...]] = ("huggingface", "datasets", "load_from_disk")

    def place(self) -> Path:
        found = super().place()
        if not found.is_dir():
            missing(f"{found} is no folder", "what save_to_disk wrote, or a folder of Parquet")
        return found

    def look_into(self, place: Path) -> None:
        if not _saved(place):
            super().look_into(place)
            return
        with refusals():
            tables_of(place)

    def read(self, place: Path) -> RawData:
        if not _saved(place):
            return super().read(place)
        with refusals():
            train, validation, test = tables_of(place)
        columns = Columns(self.image_column, self.label_column, self.targets)
        return read_parquet(train, validation, test, columns, self.channels)


def _saved(place: Path) -> bool:
    """Whether `save_to_disk` wrote the folder."""
    return any((place / name).exists() for name in (SPLITS, STATE))
