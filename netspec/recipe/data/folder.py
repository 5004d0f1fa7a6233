"""Image folders: a folder for each class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, NoReturn

from netspec.functional.data.parts import PartFolders, check_classes, check_nested, folders_by_part
from netspec.functional.data.walk import Found, folders_in, loose_images
from netspec.recipe.data.encoded import Unsplit
from netspec.recipe.data.finding import locate
from netspec.recipe.data.held_out import with_test
from netspec.recipe.data.looking import Look
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import damaged, missing, refusals
from netspec.recipe.data.raw import Files, RawData
from netspec.recipe.function import Function, functional

_ENDINGS = "images end in .jpg, .png or the like"


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
    brings_parts: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("image_folder",)
    main: ClassVar[str | None] = "path"

    layouts: ClassVar[tuple[str, ...]] = (".",)
    no_classes: ClassVar[tuple[str, ...]] = ()

    path: str
    follow_links: bool = False

    def load(self) -> RawData:
        return with_test(self.read(self.place()), self.test)

    @property
    def script_folder(self) -> str:
        return self.path or "data"

    def reader(self) -> Function:
        options = {
            name: getattr(self, name)
            for name in ("channels", "resize", "shorter", "crop", "test", "streams", "follow_links")
        }
        return functional("data.folders.load_folders", layouts=self.layouts, without=self.no_classes, **options)

    def place(self) -> Path:
        """The folder.

        Raises:
            NetspecError: NS0802: it is not there.
        """
        found, looked = locate(self.path, folder=True)
        if found is None:
            missing(f"there is no folder {self.path}; looked for {looked}", "a folder with one for each class")
        return found

    def read(self, folder: Path) -> RawData:
        """The files of a folder, found and looked at by their ends."""
        look = Look(folder, self.follow_links, self.max_pixels)
        splits = self.parts_of(folder, look)
        train, validation, test = (
            None if name is None else folder / name for name in (splits.train, splits.validation, splits.test)
        )
        classes = self.classes_of(train or folder)
        _note_twins(train or folder, classes, look)
        parts = [self.part(place, classes, look) if place else None for place in (train or folder, validation, test)]
        notes = look.finish(part for part in parts if part is not None)
        assert parts[0]
        return RawData(parts[0], parts[2], classes, 255, parts[1], notes)

    def parts_of(self, folder: Path, look: Look) -> PartFolders:
        """The parts of a folder; images that are in none are noted."""

        def flat(name: str) -> bool:
            return bool(loose_images(folder / name)) and not self.folders_of(folder / name)

        names = look.folders(folder)
        if look.broken:  # a part may be among them
            look.finish(())
        with refusals():
            splits = folders_by_part(folder, names, flat)
        if splits.train is not None:
            aside = Look(folder)  # broken files there do not matter
            beside = [f"{name}/{file}" for name in splits.beside for file in aside.images(folder / name).names]
            beside += loose_images(folder)
            help = f"move them into the folder of a class in {splits.train}, if they are meant"
            look.left_out(f"{_images(beside)} in {folder} beside {splits.train} are left out", beside, help)
        return splits

    def folders_of(self, folder: Path) -> list[str]:
        """The folders that may be parts or classes, in order."""
        return folders_in(folder, None)[0]

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        """The names of the classes: the folders there, in order."""
        return tuple(self.folders_of(folder))

    def part(self, folder: Path, classes: tuple[str, ...], look: Look) -> Files:
        """The images of a part."""
        import torch

        if not classes:
            names = look.images(folder).names
            if not names and not look.broken:
                _nothing(folder, look)
            return Files(Paths(str(folder), names), None, channels=self.channels)
        with refusals():
            check_classes(folder, self.classes_of(folder), classes)
        here = set(look.folders(folder))
        found = {name: look.images(folder / name) if name in here else Found() for name in classes}
        with refusals():
            check_nested(folder, {name: each.names for name, each in found.items()})
        for name, each in found.items():
            # A class without test images can still be predicted; one without training images cannot.
            if name in here and not each.names and not each.broken:
                look.note_broken(str(folder / name), _empty(folder / name, look), "add some, or delete the folder")
        loose = loose_images(folder)
        what = f"{_images(loose)} in {folder} beside the folders of classes are left out"
        look.left_out(what, loose, "move them into the folder of a class, if they are meant")
        if not any(each.names for each in found.values()) and not look.broken:
            _nothing(folder, look)
        labels = torch.cat([torch.full((len(each.names),), label) for label, each in enumerate(found.values())])
        names = tuple(f"{name}/{file}" for name, each in found.items() for file in each.names)
        return Files(Paths(str(folder), names), labels, channels=self.channels)


def _images(names: list[str]) -> str:
    return f"{len(names):,} image{'' if len(names) == 1 else 's'}"


def _nothing(folder: Path, look: Look) -> NoReturn:
    """Refuse a folder without anything to read; name files that are images by their content alone."""
    look.finish(())
    unnamed = f"; {_by_content(len(look.unnamed))}" if look.unnamed else ""
    damaged(folder, f"it holds neither images nor folders of classes{unnamed}", _ENDINGS)


def _empty(folder: Path, look: Look) -> str:
    """The problem of a class's folder that has no images."""
    inside = [name for name in look.unnamed if name.startswith(f"{folder}/")]
    return f"the class has no images{f'; {_by_content(len(inside))}' if inside else ''}"


def _by_content(count: int) -> str:
    return f"{count:,} file{' is' if count == 1 else 's are'} such by content, but not by name"


def _note_twins(folder: Path, classes: tuple[str, ...], look: Look) -> None:
    """Note classes that differ by the case of their letters alone."""
    by_name: dict[str, list[str]] = {}
    for name in classes:
        by_name.setdefault(name.casefold(), []).append(name)
    twins = [" and ".join(each) for each in by_name.values() if len(each) > 1]
    what = f"names of classes in {folder} differ by the case of their letters alone"
    look.left_out(what, twins, "move the images together, if they are one class")
