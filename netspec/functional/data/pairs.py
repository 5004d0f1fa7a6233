"""The annotation file of each image: its name, or that in a folder beside."""

from __future__ import annotations

from pathlib import PurePosixPath

from netspec.functional.data.parts import PARTS, part_of

_KINDS = (
    *("images", "jpegimages", "imgs"),
    *("labels", "annotations", "xmls", "jsons"),
)
"""Folders that say what their files are, and not which.

`images/a.jpg` goes with `labels/a.txt`.
"""


def pair_key(name: str) -> str:
    """A file's path without its ending and folders that tell images and marks apart."""
    path = PurePosixPath(name)
    return folder_key(str(path.parent)) + path.stem


def folder_key(name: str) -> str:
    """What the keys of all files in a folder begin with."""
    parts = PurePosixPath(name).parts
    return "".join(f"{each}/" for each in parts if each.lower() not in _KINDS)


def is_among_marks(name: str) -> bool:
    """Whether a file lies in a folder of annotations."""
    return any(each.lower() in _KINDS[3:] for each in PurePosixPath(name).parts[:-1])


def part_by_folders(name: str) -> tuple[str, ...]:
    """The part that the folders of a file say: where they say none, that to learn."""
    said = (part_of(each) for each in PurePosixPath(name).parts[:-1])
    return next(filter(None, said), PARTS[0])
