"""Shards of webdataset: tar files of images and their classes."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.recipe.data.encoded import Unsplit
from netspec.recipe.data.labels import Targets
from netspec.recipe.data.problems import refusals
from netspec.recipe.data.raw import Files, RawData
from netspec.recipe.data.shard_members import ShardMembers
from netspec.recipe.function import Function, functional


class WebDataset(Unsplit):
    """Tar files in which `cat.jpg` stands beside `cat.cls`, the class of the image; it stays in them until it is read.

    The main argument is a folder of shards whose names say `train`, and `validation` or `test`; or a single one. Their
    headers tell where each image begins: any order costs as much. Whole numbers and texts are names of classes, other
    numbers are values to be told.

    Attributes:
        targets: Whether labels tell classes or values, where they are numbers and could be either.
        shuffle_buffer: Images among which the next one is drawn while shards are read one after the other, in an order
            of their own in each epoch; for sets that neither fit the memory nor lie on a disk without a head. None
            draws among all images. It needs `in_memory: false`.
    """

    key: ClassVar[str] = "webdataset"
    also: ClassVar[tuple[str, ...]] = ("tar_shards", "wds")
    absent: ClassVar[str] = "there are no shards at"
    expected: ClassVar[str] = "a folder of .tar files, or one"
    image_files: ClassVar[tuple[str, ...]] = (".tar",)

    targets: Targets | None = None
    shuffle_buffer: int | None = Field(None, ge=1, le=1 << 24)

    @model_validator(mode="after")
    def _check_buffer(self) -> Self:
        if self.shuffle_buffer and self.in_memory is not False:
            raise ValueError("`shuffle_buffer` is for images that stay in their shards: write `in_memory: false`")
        if self.shuffle_buffer and self.sampler == "balanced":
            raise ValueError("`shuffle_buffer` and `sampler: balanced` exclude each other: both say what comes next")
        return self

    def reader(self) -> Function:
        options = {"targets": self.targets, "decoding": self.decoding(), "split": self.split()}
        return functional("data.tar_shards.load_shards", **options)

    def images_in(self, place: Path) -> ShardMembers:
        from netspec.functional.data.tar_shards import indexed_shards

        with refusals():
            found = indexed_shards([place])
        return ShardMembers(found, tuple(range(len(found.names))))

    def read(self, place: Path) -> RawData:
        """The images of the shards, by their headers."""
        from netspec.functional.data.tar_shards import indexed_shards, shards_of
        from netspec.functional.data.told import told_labels

        with refusals():
            parts = [indexed_shards(files) for files in shards_of(place)]
            known = self._learned.classes.get("", ()) if self._learned else None
            told = told_labels(place, [part.labels for part in parts], self.targets, known)
        files: list[Files | None] = []
        for part, targets in zip(parts, told.targets, strict=True):
            images = ShardMembers(part, tuple(range(len(part.names))))
            files.append(Files(images, targets, channels=self.channels) if part.names else None)
        beside = sum(part.beside for part in parts)
        notes = (f"{beside:,} members of the shards are neither image nor class, and left out",) if beside else ()
        train, validation, test = files
        assert train
        return RawData(train, test, told.classes, 255, validation, notes)
