"""Image folders: a folder for each class, or images with a mask each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from netspec.functional.data.decoding import decoded_masks, frame_of
from netspec.functional.data.streaming import images_of
from netspec.functional.examples import Data, Images
from netspec.functional.holding_out import with_test

TRAIN = ("train", "training", "trainset", "train_set", "training_set")
VALIDATION_NAMES = ("val", "valid", "validation", "dev", "valset", "val_set")
TEST_NAMES = ("test", "testing", "eval", "evaluation", "testset", "test_set")

ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"),
)


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
    """
    places = parts_of(place_of(folder, layouts))
    first = places[0]
    assert first is not None
    classes = [name for name in folders_of(first) if name not in without]
    listed = [None if place is None else files_of(place, classes) for place in places]
    files = [[file for file, _ in part] for part in listed if part is not None]
    frame = frame_of(files, resize, shorter, crop)

    def part(found: list[tuple[Path, int]] | None) -> Images | None:
        if found is None:
            return None
        labels = torch.tensor([label for _, label in found]) if classes else None
        return images_of([file for file, _ in found], labels, channels, frame, streams)

    train, validation, tested = map(part, listed)
    assert train is not None
    return with_test(Data(train, tested, validation), test)


def load_masks(
    folder: Path,
    channels: int,
    resize: tuple[int, int] | None,
    test: float | None,
    streams: bool,
) -> Data:
    """Images [N, C, H, W] with masks [N, H, W]: folders `images` and `masks`."""
    pairs = [None if place is None else pairs_of(place) for place in parts_of(folder)]
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


def parts_of(folder: Path) -> list[Path | None]:
    """Where to learn, to validate and to test; a lone part beside train tests."""
    found = {name.lower(): folder / name for name in folders_of(folder)}
    train, validation, test = (
        next((found[name] for name in names if name in found), None)
        for names in (TRAIN, VALIDATION_NAMES, TEST_NAMES)
    )
    if train is None:
        return [folder, None, None]
    return [train, validation, test] if test else [train, None, validation]


def folders_of(folder: Path) -> list[str]:
    """The names of the folders in a folder, in order."""
    found = (each.name for each in folder.iterdir() if each.is_dir())
    return sorted(name for name in found if not name.startswith("."))


def files_of(folder: Path, classes: Sequence[str]) -> list[tuple[Path, int]]:
    """The images of each class with its number; without classes all, with 0."""
    if not classes:
        return [(file, 0) for file in images_below_folder(folder)]
    return [
        (file, number)
        for number, name in enumerate(classes)
        for file in images_below_folder(folder / name)
    ]


def images_below_folder(folder: Path) -> list[Path]:
    """The image files of a folder and of those below, in order."""
    found = (each.relative_to(folder).as_posix() for each in folder.rglob("*"))
    return [folder / name for name in sorted(found) if name.lower().endswith(ENDINGS)]


def pairs_of(folder: Path) -> list[tuple[Path, Path]]:
    """Images with the masks of the same names."""
    masks = {
        file.relative_to(folder / "masks").with_suffix(""): file
        for file in images_below_folder(folder / "masks")
    }
    images = images_below_folder(folder / "images")
    stems = [file.relative_to(folder / "images").with_suffix("") for file in images]
    return [(file, masks[stem]) for file, stem in zip(images, stems, strict=True)]
