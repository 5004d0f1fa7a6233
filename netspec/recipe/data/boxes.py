"""Annotations as a JSON for each image: plain lists, or what LabelMe writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from netspec.files.json_file import read_json
from netspec.files.reading import MAX_TEXT
from netspec.functional.data.edges import around_shape
from netspec.recipe.data.gathering import Gathering
from netspec.recipe.data.paired import PairedFiles


class Boxes(PairedFiles):
    """Images with a JSON each: `{"boxes": [[left, top, right, bottom], ...], "labels": ["cat", ...]}`.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``: `1.jpg` goes with `1.json`, beside it or in a
    folder `annotations` beside `images`. Folders say the parts. Edges are in pixels. LabelMe's files are read too: the
    box around each of its `shapes`, which are polygons, rectangles or circles.
    """

    key: ClassVar[str] = "boxes"
    also: ClassVar[tuple[str, ...]] = ("labelme",)
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with 1.jpg and 1.json, say"
    ending: ClassVar[str] = ".json"
    script_reader: ClassVar[str] = "data.paired.load_boxes"

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        data = read_json(file, MAX_TEXT, constant=float)
        data = data if isinstance(data, dict) else {}
        if reason := _other_size(data, size):
            into.findings.note(str(file), reason)
            return
        for where, name, box in self._objects(file, data, into):
            if isinstance(name, str) and name.strip():
                into.add(where, box, name)
            else:
                into.findings.note(where, "its label is no text")

    def _objects(self, file: Path, data: dict[str, Any], into: Gathering) -> Iterator[tuple[str, Any, Sequence[Any]]]:
        """The place, the name and the box of each object."""
        boxes, labels, shapes = (data.get(name) for name in ("boxes", "labels", "shapes"))
        if shapes is not None and (boxes is not None or labels is not None):
            into.findings.note(str(file), "it has `shapes`, and `boxes` or `labels` beside them", "leave one of both")
        elif isinstance(shapes, list):
            for number, shape in enumerate(shapes):
                where = f"{file}: shape {number:,}"
                edges = around_shape(shape)
                if isinstance(edges, str):
                    into.findings.note_box(where, edges)
                else:
                    yield where, shape.get("label"), edges
        elif shapes is not None or not isinstance(boxes, list) or not isinstance(labels, list):
            into.findings.note(str(file), "it has no lists `boxes` and `labels`, nor a list `shapes`")
        elif len(boxes) != len(labels):
            what = f"`boxes` has the length {len(boxes):,}, `labels` {len(labels):,}: both are as long"
            into.findings.note(str(file), what)
        else:
            for number, (box, name) in enumerate(zip(boxes, labels, strict=True)):
                where = f"{file}: box {number:,}"
                if not isinstance(box, list) or len(box) != 4 or any(type(edge) is str for edge in box):
                    into.findings.note_box(where, f"it is {repr(box)[:60]}, not [left, top, right, bottom]")
                else:
                    yield where, name, box


def _other_size(data: dict[str, Any], size: tuple[int, int]) -> str | None:
    """The size that a file of LabelMe's tells of its image, where that has another."""
    told = tuple(data.get(name) for name in ("imageHeight", "imageWidth"))
    if None in told or told == size:
        return None
    said = "x".join(repr(each)[:40] for each in told)
    return f"it says {said} (height x width), and its image is {size[0]}x{size[1]}"
