"""YOLO's annotations: a text for each image, a line for each object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from netspec.files.reading import read_bounded, text_of
from netspec.frontend.source import read
from netspec.functional.data.edges import number_of, yolo_box
from netspec.functional.data.pairs import is_among_marks
from netspec.recipe.data.gathering import Gathering
from netspec.recipe.data.paired import PairedFiles
from netspec.recipe.data.problems import damaged

_MOST_NAMES = 1 << 16
_SHOWN = 10

_IN_PIXELS = 1.5
"""A share of the size beyond which a number is taken for pixels."""


class Yolo(PairedFiles):
    """Images with a text each as YOLO has it: in a line the class, and the box's centre, width and height as shares.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``: `images/train/1.jpg` goes with
    `labels/train/1.txt`, and so do files beside each other. Folders say the parts. Classes are numbered from 0; their
    names are those of `classes`, of `names` in `data.yaml`, or the lines of `classes.txt`. A line of more numbers than
    five is a polygon, of which the box is taken. An image without a text has no objects.
    """

    key: ClassVar[str] = "yolo"
    also: ClassVar[tuple[str, ...]] = ("yolo_txt", "ultralytics", "darknet")
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with images/train/1.jpg, labels/train/1.txt and data.yaml, say"
    ending: ClassVar[str] = ".txt"
    bare_is_empty: ClassVar[bool] = True
    script_reader: ClassVar[str] = "data.paired.load_yolo"

    def given_classes(self, place: Path) -> Sequence[str]:
        if self.classes is not None:
            return self.classes
        readers = {"data.yaml": _of_yaml, "data.yml": _of_yaml, "classes.txt": _of_lines}
        files = {place / name: names_of for name, names_of in readers.items()}
        there = [file for file in files if file.is_file() and not file.is_symlink()]
        if not there:
            fix = "write `classes: [cat, dog]` at `data`, or a data.yaml"
            damaged(place, "nothing says the names of its classes", fix)
        first, *others = ((file, files[file](file)) for file in there)
        for file, names in others:
            if list(names) != list(first[1]):
                what = f"its classes are {_some(names)}; those of {first[0].name} are {_some(first[1])}"
                damaged(file, what, "make both alike, or write `classes` at `data`")
        return first[1]

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        text = text_of(read_bounded(file))
        for number, line in enumerate(text.splitlines(), 1):
            if words := line.split():
                self._add(f"{file}, line {number:,}", words, size, into)

    def _add(self, where: str, words: list[str], size: tuple[int, int], into: Gathering) -> None:
        names = into.classes.names
        label = int(words[0]) if words[0].isascii() and words[0].isdigit() and len(words[0]) < 10 else None
        if label is None or label >= len(names):
            last = len(names) - 1
            into.findings.note(where, f"there is no class {words[0][:80]!r}: they are numbered from 0 to {last:,}")
            return
        if len(words) != 5 and (len(words) < 7 or len(words) % 2 == 0):
            into.findings.note_box(
                where, f"it has {len(words):,} numbers; of a box there are 5, of a polygon 7, 9, ..."
            )
            return
        shares = [number_of(word) for word in words[1:]]
        if None in shares:
            into.findings.note_box(where, f"{words[1 + shares.index(None)][:40]!r} is no number")
            return
        numbers = [share or 0.0 for share in shares]
        height, width = size
        left, top, right, bottom = yolo_box(numbers)
        edges = (left * width, top * height, right * width, bottom * height)
        if max(map(abs, numbers)) > _IN_PIXELS:
            into.add(where, edges, names[label], way="numbers are shares of the image's size, from 0 to 1")
        else:
            into.add(where, edges, names[label])

    def _is_of_an_image(self, name: str) -> bool:
        return is_among_marks(name)


def _of_yaml(file: Path) -> Sequence[str]:
    """The names of `data.yaml`: a list, or a mapping from the numbers 0, 1, ..."""
    told = read(file).data
    names = told.get("names")
    if isinstance(names, dict):
        numbered = {str(number): name for number, name in names.items()}
        if set(numbered) != set(map(str, range(len(names)))):
            damaged(file, "`names` has other numbers than 0, 1, 2, ...")
        names = [numbered[str(number)] for number in range(len(names))]
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_NAMES:
        damaged(file, "it has no `names`: a list, or a mapping from 0, 1, ...")
    if (count := told.get("nc")) not in (None, len(names)):
        damaged(file, f"`nc` is {repr(count)[:40]}, and the number of `names` is {len(names):,}")
    return _distinct(file, [str(name) if isinstance(name, str | int) else "" for name in names])


def _of_lines(file: Path) -> Sequence[str]:
    lines = [line.strip() for line in text_of(read_bounded(file)).splitlines()]
    return _distinct(file, [line for line in lines if line])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def _distinct(file: Path, names: list[str]) -> Sequence[str]:
    names = [name.strip() for name in names]
    if not all(names) or len(set(names)) < len(names) or not names:
        damaged(file, "names of classes are texts, and each is another")
    return names
