"""Image folders: a folder for each class, or images with a mask each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from netspec.functional.data.decoding import decoded_masks, frame_of
from netspec.functional.data.parts import (
    check_classes,
    check_nested,
    folders_by_part,
)
from netspec.functional.data.streaming import images_of
from netspec.functional.data.walk import folders_in, images_below, loose_images
from netspec.functional.examples import Data, Images, UnfitData
from netspec.functional.holding_out import with_test


def load_folders(
    folder: Path,
    layouts: tuple[str, ...],
    without: tuple[str, ...],
    channels: int,
    resize: tuple[int, int] | None,
    shorter: int | None,
    crop: tuple[int, int] | None,
    test: float | None,
    streams: bool,
    follow_links: bool,
) -> Data:
    """Images [N, C, H, W] with their classes: a folder for each, maybe below parts.

    Args:
        folder: Where the data set is.
        layouts: Below which folders of it it may lie.
        without: Folders that are no classes.
        channels: 1 for gray, 3 for colour.
        resize: Height and width that all images become.
        shorter: The length of the shorter side before `crop`.
        crop: Height and width of the piece from the middle.
        test: How many judge the training, where there is no part for it.
        streams: Whether images are decoded when they are asked for.
        follow_links: Whether links may lead out of the folder.
    """
    folder = place_of(folder, layouts)
    home = None if follow_links else folder
    places = places_of(folder, home)
    first = places[0]
    assert first is not None
    classes = [name for name in folders_of(first, home) if name not in without]
    found = [
        None if place is None else files_of(place, home, classes, without)
        for place in places
    ]
    files = [[file for file, _ in part] for part in found if part is not None]
    frame = frame_of(files, resize, shorter, crop)

    def part(rows: list[tuple[Path, int]] | None) -> Images | None:
        if rows is None:
            return None
        labels = torch.tensor([label for _, label in rows]) if classes else None
        return images_of([file for file, _ in rows], labels, channels, frame, streams)

    train, validation, tested = map(part, found)
    assert train is not None
    return with_test(Data(train, tested, validation), test)


def load_masks(
    folder: Path,
    channels: int,
    resize: tuple[int, int] | None,
    test: float | None,
    streams: bool,
    follow_links: bool,
) -> Data:
    """Images [N, C, H, W] with masks [N, H, W]: folders `images` and `masks`."""
    home = None if follow_links else folder
    places = places_of(folder, home)
    pairs = [None if place is None else pairs_of(place, home) for place in places]
    files = [[image for image, _ in part] for part in pairs if part is not None]
    frame = frame_of(files, resize, None, None, masks=True)

    def part(found: list[tuple[Path, Path]] | None) -> Images | None:
        if found is None:
            return None
        masks = decoded_masks([mask for _, mask in found], frame.resize)
        return images_of([image for image, _ in found], masks, channels, frame, streams)

    train, validation, tested = map(part, pairs)
    assert train is not None
    return with_test(Data(train, tested, validation), test)


def place_of(folder: Path, layouts: tuple[str, ...]) -> Path:
    """The folder itself, or the first below it that is there."""
    return next((folder / each for each in layouts if (folder / each).is_dir()), folder)


def places_of(folder: Path, home: Path | None) -> list[Path | None]:
    """Where to learn, to validate and to test."""

    def flat(name: str) -> bool:
        place = folder / name
        return bool(loose_images(place)) and not folders_in(place, None)[0]

    parts = folders_by_part(folder, folders_of(folder, home), flat)
    names = parts.train or ".", parts.validation, parts.test
    return [None if name is None else folder / name for name in names]


def folders_of(folder: Path, home: Path | None) -> list[str]:
    """The names of the folders in a folder, in order; what is broken is refused."""
    names, broken = folders_in(folder, home)
    refuse_broken(broken)
    return names


def images_of_folder(folder: Path, home: Path | None) -> tuple[str, ...]:
    """The image files below a folder, in order; what is broken is refused."""
    found = images_below(folder, home)
    refuse_broken(found.broken)
    return found.names


def refuse_broken(broken: list[tuple[str, str]]) -> None:
    """Tell of what cannot be read, of the first of many."""
    if broken:
        (name, reason), *others = broken
        more = f" ({len(others):,} more are broken)" if others else ""
        raise UnfitData(f"{name}: {reason}{more}", "replace it, or delete it")


def files_of(
    place: Path, home: Path | None, classes: Sequence[str], without: tuple[str, ...]
) -> list[tuple[Path, int]]:
    """The images of each class with its number; without classes all, with 0."""
    help = "images end in .jpg, .png or the like"
    here = [name for name in folders_of(place, home) if name not in without]
    if classes:
        check_classes(place, here, classes)
        found = {name: images_of_folder(place / name, home) for name in here}
        check_nested(place, found)
        if empty := [name for name in here if not found[name]]:
            raise UnfitData(f"{place / empty[0]}: the class has no images", help)
    else:
        found = {".": images_of_folder(place, home)}
    if not any(found.values()):
        what = f"{place} holds neither images nor folders of classes"
        raise UnfitData(what, help)
    return [
        (place / name / file, number)
        for number, name in enumerate(classes or ["."])
        for file in found.get(name, ())
    ]


def pairs_of(folder: Path, home: Path | None) -> list[tuple[Path, Path]]:
    """Images with the masks of the same names."""
    here = folders_of(folder, home)
    help = "images/cat.jpg goes with masks/cat.png"
    for name in ("images", "masks"):
        if name not in here:
            raise UnfitData(f"{folder} has no folder {name}", help)
    masks: dict[Path, str] = {}
    for name in images_of_folder(folder / "masks", home):
        if (other := masks.setdefault(Path(name).with_suffix(""), name)) != name:
            raise UnfitData(f"{folder} has the masks {other} and {name}", help)
    images = images_of_folder(folder / "images", home)
    lonely = [name for name in images if Path(name).with_suffix("") not in masks]
    if lonely or not images:
        what = f"has no mask for {lonely[0]}" if lonely else "holds no images"
        raise UnfitData(f"{folder} {what}", help)
    pairs = [(name, masks[Path(name).with_suffix("")]) for name in images]
    return [
        (folder / "images" / image, folder / "masks" / mask) for image, mask in pairs
    ]
