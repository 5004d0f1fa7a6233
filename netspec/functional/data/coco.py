"""COCO's annotations: a JSON for the images of a part."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netspec.functional.data.boxed import BoxedData
from netspec.functional.data.coco_files import (
    names_in_order,
    root_of_images,
    telling_files,
)
from netspec.functional.data.decoding import Decoding
from netspec.functional.data.marks import Marks
from netspec.functional.data.parts import files_by_part
from netspec.functional.data.walk import Walk, astray
from netspec.functional.examples import UnfitData


def load_coco(
    folder: Path,
    images: str | None,
    category_ids: bool,
    drop: bool,
    decoding: Decoding,
    split: Callable[[Any], Any],
) -> BoxedData:
    """Images with boxes, as COCO tells them.

    Args:
        folder: The data set's; its files of annotations say the parts by their names.
        images: The folder of the images below it; None finds it by the first ones.
        category_ids: Whether labels are the categories' own numbers, with gaps.
        drop: Whether broken boxes are left out, rather than refused.
        decoding: The way to decode images.
        split: Takes the images that judge the training, where no part does.
    """
    walk = Walk(folder, folder)
    names = sorted(name for name in walk.files() if name.lower().endswith(".json"))
    found = [folder / name for name in telling_files(names)]
    if not found:
        raise FileNotFoundError(f"{folder} has no JSON with annotations")
    marks = Marks(None, drop, decoding)
    for files in files_by_part(folder, found):
        for file in files:
            read_coco(folder, file, images, category_ids, marks)
        marks.close()
    return marks.data(folder, split)


def read_coco(
    place: Path, file: Path, below: str | None, category_ids: bool, into: Marks
) -> None:
    """Read one file of annotations."""
    data = json.loads(file.read_text(encoding="utf-8-sig"))
    try:
        told, annotations = data["images"], data["annotations"]
        categories = {each["id"]: each["name"].strip() for each in data["categories"]}
    except (KeyError, TypeError, AttributeError) as error:
        lists = "`images`, `annotations`, `categories`"
        raise UnfitData(f"{file} has no lists {lists}", "write them") from error
    into.fix(names_in_order(categories, category_ids))
    root = root_of_images(place, file, below, [each["file_name"] for each in told])
    by_image: dict[Any, list[tuple[int, Any]]] = {each["id"]: [] for each in told}
    if len(by_image) < len(told):
        raise UnfitData(f"{file}: an `id` is of two images", "give each another")
    for number, entry in enumerate(annotations):
        if entry.get("image_id") not in by_image:
            what = f"{file}: annotation {number:,} is of no image"
            raise UnfitData(what, "correct its `image_id`, or take it out")
        by_image[entry["image_id"]].append((number, entry))
    inside: dict[str, bool] = {}
    home = os.path.realpath(place)
    for image in told:
        name = os.path.relpath(root / image["file_name"], place)
        if reason := astray(home, name, inside):
            raise UnfitData(f"{file}: {name[:200]!r}: {reason}", "name one below it")
        size = (image["height"], image["width"]) if image.get("height") else None
        into.image(place / name, size)
        for number, entry in by_image[image["id"]]:
            add_entry(f"{file}: annotation {number:,}", entry, categories, into)


def add_entry(
    where: str, entry: Mapping[str, Any], categories: Mapping[int, str], into: Marks
) -> None:
    """An object of the latest image."""
    box, crowd = entry.get("bbox"), entry.get("iscrowd", 0)
    if not isinstance(box, list) or len(box) != 4 or crowd not in (0, 1):
        into.refuse(
            where, "it has no `bbox` of four numbers, or no `iscrowd` of 0 or 1"
        )
        return
    if any(type(each) not in (int, float) for each in box):
        into.refuse(where, f"`bbox` is {str(box)[:60]}: no numbers of pixels")
        return
    left, top, width, height = box
    edges = (left, top, left + width, top + height)
    name = categories.get(entry.get("category_id", -1))
    into.add(where, edges, name, entry.get("area"), bool(crowd))
