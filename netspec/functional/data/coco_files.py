"""The files and the categories of COCO's annotations."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from netspec.functional.data.walk import astray

TRIED = 16
"""Images by which the folder of all is found."""

ABSENT = "N/A"
"""The name of a class whose number no category has, as torchvision calls it."""


def telling_files(names: Sequence[str]) -> list[str]:
    """Those of some JSON files that tell boxes, by their paths below the data set."""
    near = [name for name in names if name.count("/") < 3]
    boxes = [name for name in near if name.rpartition("/")[2].startswith("instances")]
    return (
        boxes or [name for name in near if name.lower().endswith("coco.json")] or near
    )


def names_in_order(categories: Mapping[int, str], own_numbers: bool) -> list[str]:
    """The names of categories by their labels from 1."""
    if not own_numbers:
        return [categories[number] for number in sorted(categories)]
    numbers = range(1, max(categories, default=0) + 1)
    return [categories.get(number, ABSENT) for number in numbers]


def root_of_images(
    place: Path, file: Path, below: str | None, names: Sequence[str]
) -> Path:
    """The folder that the names of images in a file of annotations are relative to."""
    if below is not None:
        return place / below
    home, part = os.path.realpath(place), file.stem.removeprefix("instances_")
    tried = [name for name in names[:TRIED] if not astray(home, name, {})]
    folders = [
        *(file.parent, place, place / "images"),
        *(place / part, place / "images" / part, file.parent / "images"),
    ]
    return max(folders, key=lambda root: sum((root / n).is_file() for n in tried))
