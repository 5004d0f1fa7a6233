"""Images with a mask each."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.train.data.folder import Folder
from netspec.train.data.paths import Paths, images_below
from netspec.train.data.problems import all_damaged, damaged
from netspec.train.data.raw import IGNORED, Files


class Segmentation(Folder):
    """Folders `images` and `masks` whose files pair by their names, themselves or below `train` and `val` or `test`.

    A mask is an image of the same size, gray or of a palette, whose pixels are the numbers of classes; `ignored` stands
    where nothing is to be told. `classes` gives the classes names, in the order of their numbers.

    Attributes:
        classes: Their names; or how many there are.
        ignored: The number in a mask that is no class.
    """

    key: ClassVar[str] = "segmentation"

    classes: int | tuple[str, ...] = Field()
    ignored: int = Field(IGNORED, ge=0, le=255)

    @model_validator(mode="before")
    @classmethod
    def _read_classes(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("classes"), list):
            return {**values, "classes": tuple(values["classes"])}
        return values

    @model_validator(mode="after")
    def _check_masks(self) -> Self:
        count = self.classes if isinstance(self.classes, int) else len(self.classes)
        if not 1 < count <= 255:
            raise ValueError(f"`classes` says {count} classes; masks tell 2 to 255")
        if self.crop or self.pad != (0, 0):
            raise ValueError(f"`{'crop' if self.crop else 'pad'}` is not for masks: bring them to one size by `resize`")
        return self

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        return tuple(map(str, range(self.classes))) if isinstance(self.classes, int) else self.classes

    def part(self, folder: Path, classes: tuple[str, ...]) -> Files:
        """The images of a part with their masks."""
        images, masks = folder / "images", folder / "masks"
        for place in (images, masks):
            if not place.is_dir():
                damaged(folder, f"it has no folder {place.name}", "images/cat.jpg goes with masks/cat.png")
        pictures = images_below(images)
        found = {str(PurePath(name).with_suffix("")): name for name in images_below(masks)}
        if not pictures:
            damaged(images, "it holds no images")
        stems = [str(PurePath(name).with_suffix("")) for name in pictures]
        lonely = [
            (str(images / name), "it has no mask")
            for name, stem in zip(pictures, stems, strict=True)
            if stem not in found
        ]
        all_damaged(lonely, f"add a file of the same name to {masks}, or delete the image")
        paired = Paths(str(masks), tuple(found[stem] for stem in stems))
        all_damaged(paired.broken(), "replace the file, or delete it with its image")
        return Files(Paths(str(images), pictures), None, paired, self.channels)
