"""Images with a mask each."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.recipe.data.folder import Folder
from netspec.recipe.data.looking import Look
from netspec.recipe.data.paths import Paths
from netspec.recipe.data.problems import damaged
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
        return self

    def reader(self) -> Function:
        options = {name: getattr(self, name) for name in ("channels", "resize", "test", "streams", "follow_links")}
        return functional("data.folders.load_masks", **options)

    def classes_of(self, folder: Path) -> tuple[str, ...]:
        return tuple(map(str, range(self.classes))) if isinstance(self.classes, int) else self.classes

    def part(self, folder: Path, classes: tuple[str, ...], look: Look) -> Files:
        """The images of a part with their masks."""
        images, masks = folder / "images", folder / "masks"
        here = look.folders(folder)
        for place in (images, masks):
            if place.name not in here:
                look.finish(())
                damaged(folder, f"it has no folder {place.name}", "images/cat.jpg goes with masks/cat.png")
        pictures, given = look.images(images).names, look.images(masks).names
        if not pictures and not look.broken:
            damaged(images, "it holds no images")
        found: dict[str, str] = {}
        for name in given:
            if found.setdefault(_stem(name), name) != name:
                twin = f"it is a mask of {_stem(name)}, as {found[_stem(name)]} is"
                look.note_broken(str(masks / name), twin, "delete one of the two")
        for name in pictures:
            if _stem(name) not in found:
                lone = f"it has no mask: no file of that name is in {masks}"
                look.note_broken(str(images / name), lone, "add the mask, or delete the image")
        pictures = tuple(name for name in pictures if _stem(name) in found)
        stems = set(map(_stem, pictures))
        unused = [name for name in given if _stem(name) not in stems]
        look.left_out(f"{len(unused):,} masks in {masks} have no image", unused, f"add the images to {images}")
        paired = Paths(str(masks), tuple(found[_stem(name)] for name in pictures))
        return Files(Paths(str(images), pictures), None, paired, self.channels)


def _stem(name: str) -> str:
    """A file without its ending: what an image and its mask have in common."""
    return str(PurePath(name).with_suffix(""))
