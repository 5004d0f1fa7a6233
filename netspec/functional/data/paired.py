"""Images that have an annotation file each: Pascal VOC's, YOLO's, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

from netspec.functional.data.boxed import BoxedData
from netspec.functional.data.decoding import Decoding
from netspec.functional.data.edges import around_shape, number_of, yolo_box
from netspec.functional.data.marks import Marks
from netspec.functional.data.pairs import pair_key, part_by_folders
from netspec.functional.data.parts import PARTS
from netspec.functional.data.walk import Walk, is_called_an_image
from netspec.functional.examples import UnfitData

ReadMarks = Callable[[Path, tuple[int, int], Marks], None]
"""Reads the objects of the latest image, of a height and width, from its file."""


def load_voc(
    folder: Path,
    classes: Sequence[str] | None,
    first_pixel: int,
    difficult: bool,
    drop: bool,
    decoding: Decoding,
    split: Callable[[Any], Any],
) -> BoxedData:
    """Images with an XML each, as Pascal VOC has it.

    Args:
        folder: The data set's; lists in `ImageSets/Main` say the parts, or folders do.
        classes: The names of the classes; None takes those of the images to train on.
        first_pixel: The number of the first pixel: 1, or 0.
        difficult: Whether objects that are marked as difficult are taken too.
        drop: Whether broken boxes are left out, rather than refused.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    parts: dict[str, tuple[str, ...]] = {}
    for part in PARTS:
        file = folder / "ImageSets" / "Main" / f"{part[0]}.txt"
        if file.is_file() and not file.is_symlink():
            for line in filter(None, map(str.split, file.read_text().splitlines())):
                parts.setdefault(line[0], part)
    marks = Marks(classes, drop, decoding)

    def read(file: Path, size: tuple[int, int], into: Marks) -> None:
        for number, each in enumerate(ElementTree.parse(file).iter("object")):
            if each.findtext("difficult", "0").strip() != "1" or difficult:
                add_voc(f"{file}: object {number:,}", each, first_pixel, into)

    read_pairs(folder, ".xml", read, marks, parts or None, bare=False)
    return marks.data(folder, split)


def add_voc(
    where: str, entry: ElementTree.Element, first_pixel: int, into: Marks
) -> None:
    """An object of the latest image."""
    names = ("xmin", "ymin", "xmax", "ymax")
    edges = [number_of(entry.findtext(f"bndbox/{name}", "").strip()) for name in names]
    if None in edges:
        into.refuse(where, "its bndbox has no four numbers")
        return
    left, top, right, bottom = (edge or 0.0 for edge in edges)
    box = (left - first_pixel, top - first_pixel, right, bottom)
    if min(left, top) < first_pixel:
        into.refuse(where, f"its bndbox begins before the pixel {first_pixel}")
        return
    into.add(where, box, entry.findtext("name", ""))


def load_yolo(
    folder: Path,
    classes: Sequence[str] | None,
    drop: bool,
    decoding: Decoding,
    split: Callable[[Any], Any],
) -> BoxedData:
    """Images with a text each, as YOLO has it: a line for each object.

    Args:
        folder: The data set's; folders say the parts.
        classes: The names of the classes; None takes those of `data.yaml` or, line by
            line, of `classes.txt`.
        drop: Whether broken boxes are left out, rather than refused.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    marks = Marks(classes or yolo_names(folder), drop, decoding)
    read_pairs(folder, ".txt", read_yolo, marks, None, bare=True)
    return marks.data(folder, split)


def yolo_names(folder: Path) -> list[str]:
    """The names of the classes, in the order of their numbers."""
    import yaml

    for file in (folder / "data.yaml", folder / "data.yml"):
        if file.is_file():
            loader = yaml.BaseLoader  # of texts, lists and mappings alone
            told = yaml.load(file.read_text(encoding="utf-8"), loader)["names"]
            if isinstance(told, dict):
                return [told[str(number)].strip() for number in range(len(told))]
            return [name.strip() for name in told]
    lines = (folder / "classes.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def read_yolo(file: Path, size: tuple[int, int], into: Marks) -> None:
    """Read the objects of an image: a class, and shares of its width and height."""
    height, width = size
    for number, line in enumerate(file.read_text().splitlines(), 1):
        where, (label, *words) = f"{file}, line {number:,}", line.split() or [""]
        if not label:
            continue
        if not label.isdecimal() or int(label) >= len(into.names):
            what = f"{where}: there is no class {label[:80]!r}"
            raise UnfitData(what, f"they are 0 to {len(into.names) - 1}")
        numbers = [number_of(word) for word in words]
        count = len(words)
        if None in numbers or not (count == 4 or (count >= 6 and count % 2 == 0)):
            into.refuse(where, "it has no 4 numbers of a box, nor 6, 8, ... of others")
            continue
        left, top, right, bottom = yolo_box([each or 0.0 for each in numbers])
        edges = (left * width, top * height, right * width, bottom * height)
        into.add(where, edges, into.names[int(label)])


def load_boxes(
    folder: Path,
    classes: Sequence[str] | None,
    drop: bool,
    decoding: Decoding,
    split: Callable[[Any], Any],
) -> BoxedData:
    """Images with a JSON each: `boxes` with their `labels`, or what LabelMe writes.

    Args:
        folder: The data set's; folders say the parts.
        classes: The names of the classes; None takes those of the images to train on.
        drop: Whether broken boxes are left out, rather than refused.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    marks = Marks(classes, drop, decoding)
    read_pairs(folder, ".json", read_json_boxes, marks, None, bare=False)
    return marks.data(folder, split)


def read_json_boxes(file: Path, size: tuple[int, int], into: Marks) -> None:
    """Read the objects of an image."""
    data = json.loads(file.read_text(encoding="utf-8-sig"))
    shapes = data.get("shapes") if isinstance(data, dict) else None
    if shapes is not None:
        for number, shape in enumerate(shapes):
            where, box = f"{file}: shape {number:,}", around_shape(shape)
            if isinstance(box, str):
                into.refuse(where, box)
            else:
                into.add(where, box, shape.get("label"))
        return
    try:
        pairs = list(zip(data["boxes"], data["labels"], strict=True))
    except (KeyError, TypeError, ValueError) as error:
        what = f"{file} has no lists `boxes` and `labels` of one length, nor `shapes`"
        raise UnfitData(what, "write them") from error
    for number, (box, name) in enumerate(pairs):
        into.add(f"{file}: box {number:,}", box, name)


def read_pairs(
    place: Path,
    ending: str,
    read: ReadMarks,
    into: Marks,
    parts: Mapping[str, tuple[str, ...]] | None,
    bare: bool,
) -> None:
    """Read images and their annotations, part by part.

    Args:
        place: The data set's folder.
        ending: That of annotations.
        read: Reads those of an image.
        into: Where the objects go.
        parts: The part of an image by its file's name; None where folders say it.
        bare: Whether an image without annotations has no objects, and is taken.
    """
    walk = Walk(place, place)
    names = sorted(walk.files())
    if walk.broken:
        name, reason = walk.broken[0]
        raise UnfitData(f"{name}: {reason}", "put the file itself there")
    marks = {pair_key(name): name for name in names if name.lower().endswith(ending)}
    keys: dict[str, str] = {}
    by_part: dict[tuple[str, ...], list[tuple[str, str | None]]] = {
        p: [] for p in PARTS
    }
    for image in filter(is_called_an_image, names):
        key, stem = pair_key(image), PurePosixPath(image).stem
        if key in keys:
            what = f"{image}: its annotations would be those of {keys[key]}"
            raise UnfitData(what, "rename one of both")
        keys[key] = image
        part = part_by_folders(image) if parts is None else parts.get(stem)
        if part is not None and (bare or key in marks):
            by_part[part].append((image, marks.get(key)))
    if not keys.keys() & marks.keys():
        raise FileNotFoundError(f"{place} has no images with a file *{ending} each")
    for chosen in by_part.values():
        for image, file in chosen:
            size = into.image(place / image)
            if file is not None:
                read(place / file, size, into)
        into.close()
