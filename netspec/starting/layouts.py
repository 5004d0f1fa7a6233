"""The section `data` that reads what lies at a place, told by names and by first rows. Imports no torch."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from netspec.diagnostics import NetspecError, did_you_mean
from netspec.diagnostics.styled import printable
from netspec.files.reading import read_bounded
from netspec.frontend.scalars import flow
from netspec.functional.data.arrow_files import SPLITS, STATE
from netspec.functional.data.columns import LABELS, image_column_of
from netspec.functional.data.image_files import MOST_BYTES
from netspec.functional.data.list_columns import PATHS
from netspec.functional.data.table_file import column_names
from netspec.functional.data.walk import is_called_an_image, is_hidden
from netspec.images.door import Unreadable
from netspec.images.door import opened as opened_image
from netspec.recipe.data import DataSet
from netspec.recipe.data.finding import locate
from netspec.recipe.data.parquet_columns import opened
from netspec.recipe.data.problems import mismatch, missing, refusals
from netspec.recipe.data.raw import IGNORED
from netspec.report.numbers import listed

KNOWN = (
    "images in a folder for each class, images and masks, annotations, CSV, Parquet, .npz or .npy, tar shards or texts"
)

_MOST = 20_000
"""Entries of a folder, and of those below it, that are looked at."""

_DEPTH = 3
_MASKS = 256
"""Masks that are looked at."""
_NAMED = 20

Section = dict[str, Any]


def data_at(place: str) -> Section:
    """The section `data` that reads what lies at a place.

    Raises:
        NetspecError: NS0802, NS0804: there is nothing, or nothing that is known; or a table does not say what it tells.
    """
    path, looked = locate(place) if place else (None, "nothing")
    if path is None:
        known = [key for key, each in DataSet.members.items() if not each.required()]
        help = did_you_mean(place, known) or "give a file or a folder, or a set that needs none: digits, mnist, ..."
        missing(f"there is nothing at {printable(place)}; looked for {printable(looked)}", KNOWN, help)
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        kind, *rest = _of_file(path).items()
    elif stat.S_ISDIR(mode):
        kind, *rest = _of_folder(path).items()
    else:
        mismatch(f"{printable(place)} is neither a file nor a folder")
    key, found = kind
    return {key: place if found == str(path) else found, **dict(rest)}


def _of_file(path: Path) -> Section:
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv"):
        columns = _columns(path)
        return {"list": str(path)} if any(name in columns for name in PATHS) else _table(path, columns)
    if ending == ".parquet":
        return _of_parquet(path, path)
    keys = {".npz": "arrays", ".tar": "webdataset", ".txt": "text"}
    if ending not in keys:
        mismatch(f"{printable(str(path))} is no file of data that is known", f"give {KNOWN}")
    return {keys[ending]: str(path)}


def _of_folder(path: Path) -> Section:
    names = list(islice(_below(path), _MOST))
    place, top = str(path), {name for name in names if "/" not in name}
    folders = {part.lower() for name in names for part in name.split("/")[:-1]}
    endings = {Path(name).suffix.lower() for name in names}
    pictures = any(map(is_called_an_image, names))
    if top & {STATE, SPLITS}:
        return {"hugging_face": place}
    if any(name.endswith("_train.npy") for name in top):
        return {"arrays": place}
    if ".tar" in endings:
        return {"webdataset": place}
    if ".parquet" in endings:
        return _of_parquet(path, path / min(name for name in names if name.lower().endswith(".parquet")))
    if pictures and {"images", "masks"} <= folders:
        return {"segmentation": place, "classes": _classes_of_masks(path, names)}
    if pictures and (boxes := _boxes(names, folders, endings)):
        return {boxes: place}
    lists = [name for name in sorted(top) if name.lower().endswith(".csv")]
    if pictures and len(lists) == 1 and not any(is_called_an_image(name) and "/" in name for name in names):
        return _of_file(path / lists[0])
    if pictures:
        return {"folder": place}
    if len(lists) == 1:
        return _of_file(path / lists[0])
    if endings & {".txt", ".md", ".py"}:
        return {"text": place}
    return mismatch(f"nothing in {printable(place)} is data that are known", f"give {KNOWN}")


def _boxes(names: list[str], folders: set[str], endings: set[str]) -> str | None:
    """The data set of images with boxes whose annotations lie in a folder; None where there are none."""
    if ".json" in endings:
        beside = {name.rpartition("/")[2].rpartition(".")[0] for name in names if is_called_an_image(name)}
        marks = [name.rpartition("/")[2].removesuffix(".json") for name in names if name.endswith(".json")]
        return "boxes" if not beside.isdisjoint(marks) else "coco"
    if ".xml" in endings:
        return "voc"
    return "yolo" if "labels" in folders and ".txt" in endings else None


def _classes_of_masks(path: Path, names: list[str]) -> int:
    """The number of classes of masks, by the largest number in some of them.

    Raises:
        NetspecError: NS0804: they hold but one.
    """
    from netspec.functional.data.masks import MASK_MODES, mask_in

    masks = [name for name in names if "masks" in name.lower().split("/")[:-1] and is_called_an_image(name)]
    largest, refused = 0, ""
    for name in masks[:: max(1, -(-len(masks) // _MASKS))]:
        try:
            mask = opened_image(read_bounded(path / name, MOST_BYTES))
            if mask.mode not in MASK_MODES:
                refused = f"{name} is no gray image of 8 bits ({mask.mode})"
                break
            pixels = mask_in(mask, None)
        except (NetspecError, Unreadable, OSError, ValueError, SyntaxError):
            refused = f"{name} cannot be read as an image"
            break
        told = pixels[pixels != IGNORED]
        largest = max(largest, int(told.max()) if told.size else 0)
    if refused:
        mismatch(f"{printable(f'{path}: {refused}')}", "a mask has the number of a class in every pixel")
    if largest < 1:
        what = f"the masks in {printable(str(path))} hold 0, and {IGNORED} which is no class"
        mismatch(what, "give each class a number, from 0 on: 1 in place of 255, say")
    return largest + 1


def _below(path: Path) -> Iterator[str]:
    """The files of a folder and of those below, by paths with slashes; links and what is hidden are passed over."""
    waiting = [""]
    while waiting:
        here = waiting.pop(0)
        try:
            with os.scandir(path / here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            name = f"{here}{entry.name}"
            if is_hidden(entry.name) or entry.is_symlink():
                continue
            if entry.is_dir() and name.count("/") < _DEPTH:
                waiting.append(f"{name}/")
            elif entry.is_file():
                yield name


def _of_parquet(place: Path, file: Path) -> Section:
    from netspec.recipe.libraries import require

    require("pyarrow", what="Parquet")
    if image_column_of(opened(file).schema_arrow) is not None:
        return {"parquet": str(place)}
    return _table(place, _columns(file))


def _table(path: Path, columns: list[str]) -> Section:
    """A table whose target is the column that is called so.

    Raises:
        NetspecError: NS0804: none is.
    """
    target = next((name for name in columns if name.lower() in LABELS), None)
    if target is None:
        shown = listed(tuple(map(printable, columns)), _NAMED)
        what = f"{printable(str(path))} is a table of {shown}: it does not say which of these columns is to be told"
        example = flow({"table": str(path), "target": columns[-1] if columns else "COLUMN"})
        mismatch(what, f"name it: `--data '{printable(example)}'`, say")
    return {"table": str(path), "target": target}


def _columns(path: Path) -> list[str]:
    """The columns of a CSV or Parquet file."""
    with refusals():
        return column_names(path, None)
