"""The parts of a data set: folders and files told by their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from netspec.functional.examples import UnfitData

TRAIN_NAMES = ("train", "training", "trainset", "train_set", "training_set")
VALIDATION_NAMES = (
    *("val", "valid", "validation", "dev"),
    *("valset", "val_set", "validation_set"),
)
TEST_NAMES = (
    *("test", "testing", "eval", "evaluation"),
    *("testset", "test_set", "testing_set"),
)
PARTS: tuple[tuple[str, ...], ...] = (TRAIN_NAMES, VALIDATION_NAMES, TEST_NAMES)

FILLING = (
    *("set", "data", "dataset", "image", "images", "img", "imgs"),
    *("pictures", "photos", "samples"),
)
"""Words beside that of a part, as in `train_images`, which say what all data hold."""


@dataclass(frozen=True)
class PartFolders:
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

    def below(self, folder: Path) -> tuple[Path, Path | None, Path | None]:
        """The folders to train on, to validate by and to test by."""
        validation, test = (
            None if name is None else folder / name
            for name in (self.validation, self.test)
        )
        return folder / (self.train or "."), validation, test


def words_of(name: str) -> list[str]:
    """The words and numbers of a name, in small letters."""
    return re.findall(r"[^\W\d_]+|\d+", name.lower())


def part_of(name: str) -> tuple[str, ...] | None:
    """The names of the part that a folder's name says, in any case; None for none."""
    telling = [
        word
        for word in words_of(name)
        if word not in FILLING and not re.fullmatch("(?:19|20)[0-9]{2}", word)  # a year
    ]
    if len(telling) != 1:
        return None
    return next((names for names in PARTS if telling[0] in names), None)


def folders_by_part(
    folder: Path, names: Sequence[str], flat: Callable[[str], bool]
) -> PartFolders:
    """The parts of a folder; a lone one beside the one to learn from tests.

    A folder that is called as a part is one, unless it stands among others and holds
    images as they do: then it is a class, such as `train` beside `bus`.

    Args:
        folder: The data set's.
        names: Of the folders in it.
        flat: Whether one of them holds images itself and no folders.

    Raises:
        FileNotFoundError: There is a part, and none to train on.
        UnfitData: Two folders are the same part, or may be parts or classes.
    """
    found: dict[tuple[str, ...], list[str]] = {part: [] for part in PARTS}
    beside: list[str] = []
    common: set[str] = set()
    if len(names) > 1:  # all may be called after the data: pets_train, pets_test
        common = set.intersection(*(set(words_of(name)) for name in names))
    for name in names:
        own = " ".join(word for word in words_of(name) if word not in common)
        part = part_of(own or name)
        (beside if part is None else found[part]).append(name)
    said = [name for part in found.values() for name in part]
    if beside and said and all(map(flat, said)) and any(map(flat, beside)):
        if len(said) > 1:
            both = f"{listed(said)} beside {listed(beside)}, all with images"
            raise UnfitData(
                f"{folder} has {both}: they may be parts or classes",
                "move the classes into each part, or rename the folders",
            )
        return PartFolders()
    for twins in found.values():
        if len(twins) > 1:
            what = f"{folder} has {listed(twins)}, which are the same part"
            raise UnfitData(what, "rename one, or take it away")
    train, validation, test = (next(iter(found[part]), None) for part in PARTS)
    if train is None:
        if said:
            raise FileNotFoundError(f"{folder} has no folder train beside {said[0]}")
        return PartFolders()
    if test is None:
        validation, test = None, validation
    return PartFolders(train, validation, test, tuple(beside))


def files_by_part(place: Path, files: Sequence[Path]) -> list[list[Path]]:
    """The files to learn from, to validate by and to test by; a lone one tests.

    A file is of the part that its name, or that of a folder it is in, has a word of.
    Where none is to learn from, those that say no part are.

    Args:
        place: The data set's folder.
        files: The files below it, in order.

    Raises:
        FileNotFoundError: There is none to train on.
        UnfitData: The name of a file says two parts.
    """
    said = {file: set(parts_said(file.relative_to(place))) for file in files}
    for file, parts in said.items():
        if len(parts) > 1:
            help = "let it say train, test or validation alone"
            raise UnfitData(f"the name of {file} says two parts", help)
    train, validation, test = (
        [file for file in files if names in said[file]] for names in PARTS
    )
    train = train or [file for file in files if not said[file]]
    if not train:
        raise FileNotFoundError(f"{place} holds no file to train on")
    return [train, validation, test] if test else [train, [], validation]


def parts_said(file: PurePath) -> list[tuple[str, ...]]:
    """The parts that the words of a file's name and of its folders say."""
    words = set(words_of(str(file.with_suffix(""))))
    return [names for names in PARTS if words & set(names)]


def check_classes(folder: Path, here: Iterable[str], classes: Sequence[str]) -> None:
    """Make sure that all classes of a part are learned.

    Raises:
        UnfitData: One is not.
    """
    strange = sorted(set(here) - set(classes))
    if not strange:
        return
    (name, *_) = strange
    like = [each for each in classes if each.casefold() == name.casefold()]
    help = "labels must be learned"
    if like:
        help = f"there it is called {like[0]}: give both one name"
    what = f"{folder} has the class {name}, which the training images lack"
    raise UnfitData(what, help)


def check_nested(folder: Path, found: Mapping[str, Collection[str]]) -> None:
    """Refuse parts within classes, and a folder around the classes.

    Args:
        folder: A part's.
        found: The image files of each class, relative to its folder.

    Raises:
        UnfitData: Both would be read as something else in silence.
    """
    for name, files in found.items():
        inner = Counter(file.split("/")[0] for file in files if "/" in file)
        if len({part_of(each) for each in inner} - {None}) > 1:
            what = f"{folder / name} holds {', '.join(sorted(inner))}"
            raise UnfitData(
                f"{what}: the parts are outside the classes",
                f"{folder} holds train and test, and each of them the classes",
            )
        if len(found) == 1 and len(inner) > 1 and sum(inner.values()) == len(files):
            others = ", ".join(sorted(inner)[:4])
            raise UnfitData(
                f"{folder} holds a single folder, {name}, which holds others: {others}",
                f"name {folder / name} at `data`, if those are the classes",
            )


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown
