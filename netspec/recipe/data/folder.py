"""Image folders: a folder for each class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netspec.functional.data.listing import labelled_images, parts_of
from netspec.functional.data.parts import PartFolders
from netspec.functional.data.walk import folders_in, loose_images
from netspec.recipe.data.encoded import Unsplit
from netspec.recipe.data.looking import Look
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import refusals
from netspec.recipe.data.raw import Files, RawData
from netspec.recipe.function import Function, functional


class Folder(Unsplit):
    """Images in a folder for each class, whose name is the class's.

    The main argument is the folder, as it is or below ``$NETSPEC_DATA``. It holds the classes, or `train` and `val` or
    `test` which do; with all three, `val` chooses the best weights and `test` judges them. Without any class, training
    is without labels: the images are their own targets.

    Class attributes:
        layouts: The places where it may lie below a folder of data.
        no_classes: Folders that are no classes.

    Attributes:
        follow_links: Whether links out of the folder are followed; those within it are.
    """

    key: ClassVar[str] = "folder"
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with one for each class"
    in_folder: ClassVar[bool] = True
    labelled: ClassVar[str] = "a folder for each class"
    also: ClassVar[tuple[str, ...]] = ("image_folder",)

    layouts: ClassVar[tuple[str, ...]] = (".",)
    no_classes: ClassVar[tuple[str, ...]] = ()

    follow_links: bool = False

    @property
    def script_folder(self) -> str:
        return self.path or "data"

    def reader(self) -> Function:
        return functional(
            "data.folders.load_folders",
            layouts=self.layouts,
            without=self.no_classes,
            decoding=self.decoding(),
            split=self.split(),
            follow_links=self.follow_links,
        )

    def read(self, folder: Path) -> RawData:
        """The files of a folder, found and looked at by their ends."""
        look = Look(folder, self.follow_links, self.max_pixels, self.levels)
        with refusals():
            splits = parts_of(folder, look)
        if splits.train is not None:
            _note_beside(folder, splits, look)
        places = splits.below(folder)
        classes = self.classes_of(places[0])
        with refusals():
            train, validation, test = (None if place is None else self.part(place, classes, look) for place in places)
        notes = look.finish(part for part in (train, validation, test) if part is not None)
        assert train
        return RawData(train, test, classes, 255, validation, notes)

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        """The names of the classes: the folders there, in order."""
        return tuple(name for name in folders_in(folder, None)[0] if name not in self.no_classes)

    def part(self, folder: Path, classes: tuple[str, ...], look: Look) -> Files:
        """The images of a part.

        Raises:
            UnfitData: They could be read in several ways, or in none.
        """
        import torch

        found = labelled_images(folder, classes, look, self.no_classes)
        names = Paths(str(folder), tuple(name for name, _ in found))
        if not classes:
            return Files(names, None, channels=self.channels)
        loose = loose_images(folder)
        what = f"{_images(loose)} in {folder} beside the folders of classes are left out"
        look.left_out(what, loose, "move them into the folder of a class, if they are meant")
        return Files(names, torch.tensor([label for _, label in found]), channels=self.channels)


def _images(names: list[str]) -> str:
    return f"{len(names):,} image{'' if len(names) == 1 else 's'}"


def _note_beside(folder: Path, splits: PartFolders, look: Look) -> None:
    """Note images that are in no part."""
    aside = Look(folder)  # broken files there do not matter
    beside = [f"{name}/{file}" for name in splits.beside for file in aside.images(folder / name).names]
    beside += loose_images(folder)
    help = f"move them into the folder of a class in {splits.train}, if they are meant"
    look.left_out(f"{_images(beside)} in {folder} beside {splits.train} are left out", beside, help)
