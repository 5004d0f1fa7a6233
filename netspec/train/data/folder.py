"""Image folders: a folder for each class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from netspec.train.data.encoded import Unsplit
from netspec.train.data.finding import roots
from netspec.train.data.holding import with_test
from netspec.train.data.paths import Paths, images_below
from netspec.train.data.problems import all_damaged, damaged, mismatch, missing
from netspec.train.data.raw import Files, RawData

TRAIN = ("train", "training")
VALIDATION = ("val", "valid", "validation")
TEST = ("test", "testing")


class Folder(Unsplit):
    """Images in a folder for each class, whose name is the class's.

    The main argument is the folder, as it is or below ``$NETSPEC_DATA``. It holds the classes, or `train` and `val` or
    `test` which do; with all three, `val` chooses the best weights and `test` judges them. Without any class, training
    is without labels: the images are their own targets.
    """

    key: ClassVar[str] = "folder"
    also: ClassVar[tuple[str, ...]] = ("image_folder",)
    main: ClassVar[str | None] = "path"

    path: str

    def load(self) -> RawData:
        return with_test(self.read(self.place()), self.test)

    def place(self) -> Path:
        """The folder.

        Raises:
            NetspecError: NS0802: it is not there.
        """
        given = Path(self.path).expanduser()
        places = [given] if given.is_absolute() else [given, *(root / given for root in roots(None))]
        found = next((place for place in places if place.is_dir()), None)
        if found is None:
            looked = ", ".join(str(place) for place in places)
            missing(f"there is no folder {self.path}; looked for {looked}", "a folder with one for each class")
        return found

    def read(self, folder: Path) -> RawData:
        """The files of a folder, found and looked at by their ends."""
        train, validation, test = (_below(folder, names) for names in (TRAIN, VALIDATION, TEST))
        if train is None:
            if validation or test:
                missing(f"{folder} has no folder train beside {(validation or test or folder).name}")
            train = folder
        if test is None:
            validation, test = None, validation
        classes = self.classes_of(train)
        parts = [self.part(place, classes) if place else None for place in (train, validation, test)]
        for part in parts:
            if part:
                assert isinstance(part.source, Paths)
                all_damaged(part.source.broken(), "replace the file, or delete it")
        assert parts[0]
        return RawData(parts[0], parts[2], classes, 255, parts[1])

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        """The names of the classes: the folders there, in order."""
        return tuple(sorted(e.name for e in folder.iterdir() if e.is_dir() and not e.name.startswith(".")))

    def part(self, folder: Path, classes: tuple[str, ...]) -> Files:
        """The images of a part."""
        import torch

        if not classes:
            names = images_below(folder)
            if not names:
                damaged(folder, "it holds neither images nor folders of classes")
            return Files(Paths(str(folder), names), None, channels=self.channels)
        strange = sorted(set(self.classes_of(folder)) - set(classes))
        if strange:
            mismatch(f"{folder} has the class {strange[0]}, which the training images lack", "labels must be learned")
        found = {name: images_below(folder / name) if (folder / name).is_dir() else () for name in classes}
        empty = [name for name, files in found.items() if not files]
        # A class that is not tested can still be told; one that is not learned cannot.
        wrong = [name for name in empty if (folder / name).is_dir() or folder.name in TRAIN]
        if wrong:
            all_damaged(
                [(str(folder / name), "the class has no images") for name in wrong],
                "add images (.jpg, .png, ...), or delete the folder",
            )
        labels = torch.cat([torch.full((len(files),), label) for label, files in enumerate(found.values())])
        names = tuple(f"{name}/{file}" for name, files in found.items() for file in files)
        return Files(Paths(str(folder), names), labels, channels=self.channels)


def _below(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first sub-folder of one of these names."""
    return next((folder / name for name in names if (folder / name).is_dir()), None)
