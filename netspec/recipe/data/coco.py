"""COCO's annotations: one JSON for the images of a part (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from netspec.files.json_file import read_json
from netspec.functional.data.coco_files import TRIED, names_in_order, root_of_images, telling_files
from netspec.functional.data.edges import number_of
from netspec.functional.data.parts import files_by_part
from netspec.functional.data.walk import Walk, astray, is_called_an_image
from netspec.recipe.data.annotated_files import AnnotatedFiles, sizes_of
from netspec.recipe.data.gathering import Classes, Findings, Gathering
from netspec.recipe.data.problems import all_damaged, damaged, missing
from netspec.recipe.function import Function

_MOST_BYTES = 1 << 29
"""The most bytes of a file of annotations; that of COCO's training images has 449 MB."""

_MOST_ID = 1 << 16

_MEASURED = 4096
"""Images whose size is looked at before the training, where annotations say it; others when they are decoded."""


class Coco(AnnotatedFiles):
    """Images whose objects a JSON tells as COCO has it: `images`, `annotations` with a `bbox` each, `categories`.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``. Its files of annotations lie below it, such as
    `annotations/instances_train2017.json` and `instances_val2017.json`, or `train/_annotations.coco.json`; their names
    or those of their folders say the parts. Of several beside each other those are taken that begin with `instances`.

    Attributes:
        images: The folder of the images, below the main one; None finds it by the first images: beside the
            annotations, in the folder itself, or in one that bears the part's name.
        category_ids: Whether labels are the categories' own numbers, with gaps, as in torchvision's trained weights of
            91 classes; without it they are counted from 1, in the order of their numbers.
    """

    key: ClassVar[str] = "coco"
    also: ClassVar[tuple[str, ...]] = ("coco_detection", "ms_coco")
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with annotations/instances_train2017.json and train2017, say"

    images: str | None = None
    category_ids: bool = False

    def reader(self) -> Function:
        return self.reading("data.coco.load_coco", images=self.images, category_ids=self.category_ids)

    def gather(self, place: Path, findings: Findings, classes: Classes) -> Iterator[Gathering | None]:
        found = _annotation_files(place)
        if not found:
            missing(f"{place} has no JSON with annotations", self.expected)
        for files in files_by_part(place, found):
            yield self._part(place, files, findings, classes) if files else None

    def _part(self, place: Path, files: list[Path], findings: Findings, classes: Classes) -> Gathering:
        gathering = Gathering(findings, classes)
        for file in files:
            self._read_file(place, file, gathering)
        return gathering

    def _read_file(self, place: Path, file: Path, into: Gathering) -> None:
        """Read one file of annotations; whatever an entry lacks is noted by its number in its list."""
        data = read_json(into.findings.reading(file), _MOST_BYTES, constant=float)
        lists = {name: data.get(name) if isinstance(data, dict) else None for name in ("images", "annotations")}
        categories = data.get("categories") if isinstance(data, dict) else None
        for name, entries in {**lists, "categories": categories}.items():
            if not isinstance(entries, list):
                damaged(
                    file, f"it has no list `{name}`", "COCO's annotations have `images`, `annotations`, `categories`"
                )
        names = _Categories(file, categories or [], into.findings)
        if not into.classes.closed:
            into.classes.fix(names.in_order(self.category_ids))
        into.classes.incomplete |= names.incomplete
        images, annotations = lists["images"] or [], lists["annotations"] or []
        if not names.names and not names.incomplete and annotations:
            into.findings.note(f"{file}: `categories`", "the list is empty", "add the category of each annotation")
            into.classes.incomplete = True
        root = self._root(place, file, images)
        whole = list(_images(file, root, place, images, self.max_pixels, into.findings))
        by_image = _by_image(file, annotations, images, into.findings)
        for entry, size in whole:
            into.image(os.path.relpath(root / entry["file_name"], place), size)
            for number, annotation in by_image.get(entry["id"], ()):
                self._add(f"{file}: annotation {number:,}{_id(annotation)}", annotation, names, into)

    def _add(self, where: str, annotation: Mapping[str, Any], names: _Categories, into: Gathering) -> None:
        category = annotation.get("category_id")
        name = names.of(category)
        if name is None:
            if not into.classes.incomplete:
                into.findings.note(where, _unknown("category_id", "category", category))
            return
        box, area = annotation.get("bbox"), annotation.get("area")
        if not isinstance(box, list) or len(box) != 4:
            into.findings.note_box(where, f"`bbox` is {_short(box)}, not [left, top, width, height]")
            return
        numbers = [number_of(each) if type(each) is not str else None for each in box]
        if wrong := [each for each, number in zip(box, numbers, strict=True) if number is None]:
            into.findings.note_box(where, f"`bbox` has {_short(wrong[0])}, which is no number of pixels")
            return
        left, top, width, height = (number or 0.0 for number in numbers)
        pixels = number_of(area) if type(area) in (int, float) else None
        if area is not None and (pixels is None or pixels < 0):
            into.findings.note_box(where, f"`area` is {_short(area)}, not a number of pixels")
            return
        crowd = annotation.get("iscrowd", 0)
        if crowd not in (0, 1):
            into.findings.note_box(where, f"`iscrowd` is {_short(crowd)}, not 0 or 1")
            return
        into.add(where, (left, top, left + width, top + height), name, pixels, bool(crowd))

    def _root(self, place: Path, file: Path, images: list[Any]) -> Path:
        """The folder that the names of images are relative to."""
        if self.images is not None:
            if reason := astray(os.path.realpath(place), self.images, {}):
                damaged(place / self.images, reason, f"name a folder below {place} as `images`")
            return place / self.images
        told = [_get(each, "file_name") for each in images[:TRIED]]
        return root_of_images(place, file, None, [name for name in told if isinstance(name, str)])


class _Categories:
    """The names of categories by their numbers.

    Attributes:
        names: The names.
        incomplete: Whether some could not be read.
    """

    def __init__(self, file: Path, entries: list[Any], findings: Findings) -> None:
        self.names: dict[int, str] = {}
        self.incomplete = False
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            number, name, where = _get(entry, "id"), _get(entry, "name"), f"{file}: category {index:,}"
            name = name.strip() if isinstance(name, str) else name
            if type(number) is not int or not isinstance(name, str) or not name:
                findings.note(where, "it has no number `id`, or no text `name`")
            elif number in self.names or name in seen:
                findings.note(where, f"{number} {name!r} is there twice")
            else:
                self.names[number] = name
                seen.add(name)
        self.incomplete = len(self.names) < len(entries)

    def of(self, number: Any) -> str | None:
        """The name of a number."""
        return self.names.get(number) if type(number) is int else None

    def in_order(self, own_numbers: bool) -> list[str]:
        """The names by their labels from 1."""
        least, most = min(self.names, default=1), max(self.names, default=0)
        if own_numbers and (least < 1 or most > _MOST_ID):
            damaged("category_ids", f"categories are numbered from {least} to {most}", "leave the option out")
        return names_in_order(self.names, own_numbers)


def _annotation_files(place: Path) -> list[Path]:
    """The files of annotations below a folder, in order; what cannot be read and is no image is named."""
    walk = Walk(place, place)
    names = sorted(name for name in walk.files() if name.lower().endswith(".json"))
    all_damaged((each for each in walk.broken if not is_called_an_image(each[0])), "put the file itself there")
    return [place / name for name in telling_files(names)]


def _by_image(file: Path, annotations: list[Any], images: list[Any], findings: Findings) -> dict[Any, list[Any]]:
    """Annotations with their numbers, by the image that they are of."""
    ids = Counter(number for each in images if type(number := _get(each, "id")) in (int, str))
    known = {number for number, times in ids.items() if times == 1}
    incomplete = len(known) < len(images)  # then an id may be of an image whose own could not be read, or is not
    found: dict[Any, list[Any]] = {}
    for index, entry in enumerate(annotations):
        image, where = _get(entry, "image_id"), f"{file}: annotation {index:,}"
        if not isinstance(entry, dict):
            findings.note(where, f"it is {_short(entry)}, not an object")
        elif type(image) not in (int, str) or image not in known:
            if not incomplete:
                findings.note(f"{where}{_id(entry)}", _unknown("image_id", "image of the id", image))
        else:
            found.setdefault(image, []).append((index, entry))
    return found


def _images(
    file: Path, root: Path, place: Path, images: list[Any], most: int, findings: Findings
) -> Iterator[tuple[dict[str, Any], tuple[int, int]]]:
    """Images that are as they should be, with their sizes; the sizes of those that say none are read."""
    home, below = os.path.realpath(place), os.path.relpath(root, place)
    inside: dict[str, bool] = {}
    seen: set[Any] = set()
    names: set[str] = set()
    whole: list[tuple[str, dict[str, Any], tuple[int, int] | None]] = []
    for index, entry in enumerate(images):
        number, name, where = _get(entry, "id"), _get(entry, "file_name"), f"{file}: image {index:,}"
        if type(number) not in (int, str) or not isinstance(name, str):
            findings.note(where, "it has no `id`, or no text `file_name`")
        elif number in seen or name in names:
            findings.note(where, f"the id {_short(number)} or the file {name[:200]!r} is another image's already")
        elif reason := astray(home, name, {}) or astray(home, f"{below}/{name}".removeprefix("./"), inside):
            findings.note(f"{where}: {name[:200]!r}", reason, f"name a file below {root}")
        elif not (root / name).is_file():
            findings.note(f"{where}: {root / name}", "there is no such file", "add it, or take the entry out")
        else:
            size = entry.get("height"), entry.get("width")
            if all(type(each) is int and 0 < each <= 1 << 20 for each in size):
                whole.append((where, entry, (size[0], size[1])))
            elif size == (None, None):
                whole.append((where, entry, None))
            else:
                findings.note(where, f"`height` is {_short(size[0])}, `width` is {_short(size[1])}: no sizes in pixels")
        seen.add(number if type(number) in (int, str) else None)
        names.add(name if isinstance(name, str) else "")
    every = -(-len(whole) // _MEASURED)
    read = [told is None or number % every == 0 for number, (_, _, told) in enumerate(whole)]
    paths = [f"{root}/{entry['file_name']}" for (_, entry, _), asked in zip(whole, read, strict=True) if asked]
    sizes = iter(sizes_of(paths, most, findings))
    for (where, entry, told), asked in zip(whole, read, strict=True):
        found = next(sizes) if asked else told
        if found is not None and told not in (None, found):
            reason = f"it says {told[0]}x{told[1]} (height x width), and {entry['file_name']} is {found[0]}x{found[1]}"
            findings.note(where, reason)
        elif found is not None:
            yield entry, found


def _get(entry: Any, key: str) -> Any:
    return entry.get(key) if isinstance(entry, dict) else None


def _id(entry: Mapping[str, Any]) -> str:
    return f" (id {_short(entry['id'])})" if "id" in entry else ""


def _unknown(key: str, what: str, value: Any) -> str:
    """What is wrong with a number that nothing has."""
    return f"`{key}` is not there" if value is None else f"there is no {what} {_short(value)}"


def _short(value: Any) -> str:
    text = repr(value) if value is not None else "not there"
    return text if len(text) <= 60 else f"{text[:60]}..."
