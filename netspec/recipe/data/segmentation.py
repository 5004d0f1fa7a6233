"""Images with a mask each."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.functional.data.listing import paired_masks
from netspec.recipe.data.folder import Folder
from netspec.recipe.data.looking import Look
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.raw import IGNORED, Files
from netspec.recipe.function import Function, functional


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
        if self.per_class:
            raise ValueError("`per_class` is not for masks: an image has no class of its own; write `test`")
        return self

    @property
    def masked(self) -> bool:
        return True

    def reader(self) -> Function:
        options = {"split": self.split(), "follow_links": self.follow_links}
        return functional("data.folders.load_masks", decoding=self.decoding(), **options)

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        return tuple(map(str, range(self.classes))) if isinstance(self.classes, int) else self.classes

    def part(self, folder: Path, classes: tuple[str, ...], look: Look) -> Files:
        """The images of a part with their masks."""
        pairs, unused = paired_masks(folder, look)
        images, masks = folder / "images", folder / "masks"
        look.left_out(f"{len(unused):,} masks in {masks} have no image", unused, f"add the images to {images}")
        pictures, given = (tuple(pair[side] for pair in pairs) for side in (0, 1))
        return Files(Paths(str(images), pictures), None, Paths(str(masks), given), self.channels)
