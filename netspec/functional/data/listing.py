"""The image files of a data set's folders, with their classes or their masks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path, PurePath

from netspec.functional.data.faults import Faults
from netspec.functional.data.parts import (
    PartFolders,
    check_classes,
    check_nested,
    folders_by_part,
)
from netspec.functional.data.walk import (
    OUTSIDE,
    Found,
    folders_in,
    images_below,
    loose_images,
)
from netspec.functional.examples import UnfitData


class Look(Faults):
    """A look through the folder of a data set, which notes what cannot be read.

    Attributes:
        home: The folder, which no link may leave; None lets links lead anywhere.
    """

    def __init__(self, home: Path | None) -> None:
        super().__init__()
        self.home = home

    def images(self, folder: Path) -> Found:
        """The files of a folder and of those below."""
        found = images_below(folder, self.home)
        self.note_all(found.broken)
        return found

    def folders(self, folder: Path) -> list[str]:
        """The names of the folders in a folder, in order."""
        names, broken = folders_in(folder, self.home)
        self.note_all(broken)
        return names

    def note_all(self, found: list[tuple[str, str]]) -> None:
        """Note entries that a walk could not read."""
        way = "write `follow_links: true` at `data`"
        for name, reason in found:
            self.note(name, reason, way if reason == OUTSIDE else None)

    def refuse_class(self, folder: Path) -> None:
        """Note the folder of a class without images."""
        self.note(folder, "the class has no images", "add some, or delete the folder")

    def refuse_part(self, folder: Path) -> None:
        """Refuse a folder without anything to read."""
        what = f"{folder} holds neither images nor folders of classes"
        raise UnfitData(what, "images end in .jpg, .png or the like")


def parts_of(folder: Path, look: Look) -> PartFolders:
    """The folders of a data set's parts, as `folders_by_part` tells them."""

    def flat(name: str) -> bool:
        place = folder / name
        return bool(loose_images(place)) and not folders_in(place, None)[0]

    names = look.folders(folder)
    look.refuse_broken()  # a part may be among them
    return folders_by_part(folder, names, flat)


def labelled_images(
    folder: Path, classes: Sequence[str], look: Look, without: Collection[str] = ()
) -> list[tuple[str, int]]:
    """The images of a part by their names in its folder, each with its class's number.

    Args:
        folder: The part's.
        classes: The classes' names; without any, all images have the number 0.
        look: Notes what cannot be read, and classes without images.
        without: Folders that are no classes.

    Raises:
        UnfitData: A class is not learned, or the classes are not the folders in it.
    """
    if classes:
        here = [name for name in look.folders(folder) if name not in without]
        check_classes(folder, here, classes)
        found = {name: look.images(folder / name) for name in here}
        check_nested(folder, {name: each.names for name, each in found.items()})
        for name, each in found.items():
            # A class without test images can be predicted, one without others cannot.
            if not each.names and not each.broken:
                look.refuse_class(folder / name)
    else:
        found = {".": look.images(folder)}
    if not any(each.names for each in found.values()) and not look.broken:
        look.refuse_part(folder)
    return [
        (f"{name}/{file}" if classes else file, number)
        for number, name in enumerate(classes or ["."])
        for file in found.get(name, Found()).names
    ]


def paired_masks(folder: Path, look: Look) -> tuple[list[tuple[str, str]], list[str]]:
    """Images of a part with the masks of their names, and masks without an image.

    They are named as in the folders `images` and `masks`; what is missing is noted.
    """
    here = look.folders(folder)
    images, masks = folder / "images", folder / "masks"
    for place in (images, masks):
        if place.name not in here:
            way = "images/cat.jpg goes with masks/cat.png"
            look.note(folder, f"it has no folder {place.name}", way)
            return [], []
    pictures, given = look.images(images).names, look.images(masks).names
    if not pictures and not look.broken:
        look.note(images, "it holds no images")
    found: dict[str, str] = {}
    for name in given:
        if (other := found.setdefault(stem_of(name), name)) != name:
            reason = f"it is a mask of {stem_of(name)}, as {other} is"
            look.note(masks / name, reason, "delete one of the two")
    pairs = []
    for name in pictures:
        if mask := found.get(stem_of(name)):
            pairs.append((name, mask))
        else:
            reason = f"it has no mask: no file of that name is in {masks}"
            look.note(images / name, reason, "add the mask, or delete the image")
    used = {mask for _, mask in pairs}
    return pairs, [name for name in given if name not in used]


def stem_of(name: str) -> str:
    """A file without its ending: what an image and its mask have in common."""
    return str(PurePath(name).with_suffix(""))
