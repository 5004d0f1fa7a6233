"""Published data sets that are folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from netspec.recipe.data.base import Channels
from netspec.recipe.data.finding import download, find
from netspec.recipe.data.folder import Folder
from netspec.recipe.data.problems import missing
from netspec.recipe.data.raw import RawData
from netspec.recipe.parts import Size

_EXAMPLES_OF_IMAGENET = 1_281_167


class ImageNet(Folder):
    """ImageNet's 1,000 classes (ILSVRC 2012): `train` and `val`, each with a folder for each class.

    The main argument is the folder; without it `imagenet` below ``$NETSPEC_DATA`` is taken. Images are resized to 256
    and cropped to 224 in the middle, and normalised by the figures that published weights expect.
    """

    key: ClassVar[str] = "imagenet"
    class_count: ClassVar[int | None] = 1000
    layouts: ClassVar[tuple[str, ...]] = ("imagenet", "ImageNet", "ILSVRC2012", "imagenet-1k")
    training_examples: ClassVar[int | None] = _EXAMPLES_OF_IMAGENET

    path: str | None = None  # type: ignore[assignment]
    shorter: int | None = Field(256, gt=0, le=1 << 13)
    crop: Size | None = (224, 224)
    mean: Channels | None = (0.485, 0.456, 0.406)
    std: Channels | None = (0.229, 0.224, 0.225)

    def place(self) -> Path:
        complete = lambda folder: (folder / "train").is_dir()  # noqa: E731
        return find(
            "ImageNet", self.path, self.layouts, complete, "train/ and val/ with a folder for each class, in imagenet/"
        )

    @property
    def streams(self) -> bool:
        return not self.in_memory

    def read(self, folder: Path) -> RawData:
        for name in ("train", "val"):
            below = folder / name
            if below.is_dir() and not self.classes_of(below):
                help = "sort the images into folders by their class, such as n01440764"
                missing(f"{below} has no folders of classes", "n01440764, n01443537, ...", help)
        return super().read(folder)


class Caltech101(Folder):
    """Pictures of objects in 101 classes, of many sizes (Fei-Fei et al. 2004); its clutter is left out.

    The main argument is the folder with ``101_ObjectCategories``; without it `caltech101` below ``$NETSPEC_DATA`` is
    taken. It has no split of its own: `test` says how many judge.
    """

    key: ClassVar[str] = "caltech101"
    class_count: ClassVar[int | None] = 101
    layouts: ClassVar[tuple[str, ...]] = tuple(
        f"{outer}{inner}"
        for outer in ("caltech101/", "caltech-101/", "")
        for inner in ("101_ObjectCategories", "caltech-101/101_ObjectCategories")
    )
    no_classes: ClassVar[tuple[str, ...]] = ("BACKGROUND_Google",)

    path: str | None = None  # type: ignore[assignment]

    def look(self) -> None:
        if self.path is not None:  # otherwise it may be downloaded
            self.place()

    def place(self) -> Path:
        complete = lambda folder: (folder / "accordion").is_dir()  # noqa: E731
        expected = "101_ObjectCategories/ with a folder for each class, in caltech101/"
        return find(
            "Caltech101", self.path, self.layouts, complete, expected, lambda cache: download("Caltech101", cache)
        )
