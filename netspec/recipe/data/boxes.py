"""Annotations as a JSON for each image: plain lists, or what LabelMe writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from netspec.files.json_file import read_json
from netspec.files.reading import MAX_TEXT
from netspec.recipe.data.gathering import Gathering, number_of
from netspec.recipe.data.paired import PairedFiles


class Boxes(PairedFiles):
    """Images with a JSON each: `{"boxes": [[left, top, right, bottom], ...], "labels": ["cat", ...]}`.

    The main argument is a folder, as it is or below ``$NETSPEC_DATA``: `1.jpg` goes with `1.json`, beside it or in a
    folder `annotations` beside `images`. Folders say the parts. Edges are in pixels. LabelMe's files are read too: the
    box around the points of each of its `shapes`.
    """

    key: ClassVar[str] = "boxes"
    also: ClassVar[tuple[str, ...]] = ("labelme",)
    absent: ClassVar[str] = "there is no folder"
    expected: ClassVar[str] = "a folder with 1.jpg and 1.json, say"
    ending: ClassVar[str] = ".json"

    def read_marks(self, file: Path, size: tuple[int, int], into: Gathering) -> None:
        data = read_json(file, MAX_TEXT)
        for where, name, box in self._objects(file, data, into):
            if isinstance(name, str) and name:
                into.add(where, box, name)
            else:
                into.findings.note(where, "its label is no text")

    def _objects(self, file: Path, data: Any, into: Gathering) -> Iterator[tuple[str, Any, Sequence[Any]]]:
        """The place, the name and the box of each object."""
        data = data if isinstance(data, dict) else {}
        boxes, labels, shapes = (data.get(name) for name in ("boxes", "labels", "shapes"))
        if isinstance(shapes, list):
            for number, shape in enumerate(shapes):
                where = f"{file}: shape {number:,}"
                edges = _around(shape.get("points") if isinstance(shape, dict) else None)
                if edges is None:
                    into.findings.note_box(where, "its `points` are no list of two or more [x, y]")
                else:
                    yield where, shape.get("label"), edges
        elif not isinstance(boxes, list) or not isinstance(labels, list) or len(boxes) != len(labels):
            into.findings.note(str(file), "it has no lists `boxes` and `labels`, both as long")
        else:
            for number, (box, name) in enumerate(zip(boxes, labels, strict=True)):
                where = f"{file}: box {number:,}"
                if not isinstance(box, list) or len(box) != 4 or any(type(edge) is str for edge in box):
                    into.findings.note_box(where, f"it is {repr(box)[:60]}, not [left, top, right, bottom]")
                else:
                    yield where, name, box


def _around(points: Any) -> tuple[float, float, float, float] | None:
    """The box around points; None where they are none."""
    if not isinstance(points, list) or len(points) < 2:
        return None
    pairs = [[number_of(each) for each in point] if isinstance(point, list) else [] for point in points]
    if any(len(pair) != 2 or None in pair for pair in pairs):
        return None
    across, down = ([pair[axis] or 0.0 for pair in pairs] for axis in (0, 1))
    return min(across), min(down), max(across), max(down)
