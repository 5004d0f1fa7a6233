"""Which folders and files are the parts of a data set, by their names. Imports no torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from netspec.objects.immutable import immutable
from netspec.recipe.data.problems import mismatch, missing

TRAIN = ("train", "training", "trainset", "train_set", "training_set")
VALIDATION = ("val", "valid", "validation", "dev", "valset", "val_set", "validation_set")
TEST = ("test", "testing", "eval", "evaluation", "testset", "test_set", "testing_set")

_PARTS = (TRAIN, VALIDATION, TEST)

_FILLING = frozenset(("set", "data", "dataset", "image", "images", "img", "imgs", "pictures", "photos", "samples"))
"""Words beside that of a part, as in `train_images`, which say what every data set holds."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@immutable
class Splits:
    """The names of the folders that are parts of a data set.

    Attributes:
        train: Where to learn from; None where the folder itself holds the classes.
        validation: Where the best weights are chosen; None where there is none.
        test: Where they are judged; None where there is none.
        beside: Folders that are no part.
    """

    train: str | None = None
    validation: str | None = None
    test: str | None = None
    beside: tuple[str, ...] = ()


def part_of(name: str) -> tuple[str, ...] | None:
    """The names of the part that a folder's name says, in any case; None where it says none."""
    telling = [word for word in _words(name) if word not in _FILLING and not _YEAR.fullmatch(word)]
    return next((names for names in _PARTS if len(telling) == 1 and telling[0] in names), None)


def _words(name: str) -> list[str]:
    """The words and numbers of a name, in small letters."""
    return re.findall(r"[^\W\d_]+|\d+", name.lower())


def splits_of(folder: Path, names: Iterable[str], flat: Callable[[str], bool]) -> Splits:
    """The parts of a folder.

    A folder that is called as a part is one, unless it stands among others and holds images as they do: then it is a
    class, such as `train` beside `bus`.

    Args:
        folder: The data set's.
        names: Of the folders in it.
        flat: Whether one of them holds images itself and no folders.

    Raises:
        NetspecError: NS0802: there is a part, and none to train on. NS0804: two folders are the same part, or a folder
            may be a part or a class.
    """
    found: dict[tuple[str, ...], list[str]] = {part: [] for part in _PARTS}
    beside: list[str] = []
    names = list(names)
    common = set.intersection(*(set(_words(name)) for name in names)) if len(names) > 1 else set()
    for name in names:  # all may be called after the data: pets_train, pets_test
        part = part_of(" ".join(word for word in _words(name) if word not in common) or name)
        (beside if part is None else found[part]).append(name)
    said = [name for part in found.values() for name in part]
    if beside and said and all(map(flat, said)) and any(map(flat, beside)):
        if len(said) > 1:
            what = (
                f"{folder} has {_listed(said)} beside {_listed(beside)}, all with images: they may be parts or classes"
            )
            mismatch(what, "move the classes into each part, or rename the folders")
        return Splits()
    for twins in found.values():
        if len(twins) > 1:
            mismatch(f"{folder} has {_listed(twins)}, which are the same part", "rename one, or take it away")
    train, validation, test = (next(iter(found[part]), None) for part in _PARTS)
    if train is None:
        if said:
            missing(f"{folder} has no folder train beside {said[0]}")
        return Splits()
    if test is None:
        validation, test = None, validation
    return Splits(train, validation, test, tuple(beside))


def _listed(names: list[str]) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown
