"""The figures of a network on the test images, those of each class, and the commonest mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.report.document import Document, Gap, Notes, Paragraph, Part, Prose, Row, Section, Table, columns
from netspec.report.sheet import Sheet
from netspec.training.judging.per_class import most_confused
from netspec.training.showing.figures import counted, share, tested

_LISTED = 100
"""The most classes that are all listed; of more, only those with the lowest figures."""
_WORST = 20
_MISTAKES = 5
_FIGURES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
_OF_LABELS = _FIGURES | {"average_precision": "Av. precision"}
_OF_BOXES = {
    "map": "mAP",
    "map50": "mAP50",
    "map75": "mAP75",
    "map_small": "Small",
    "map_medium": "Medium",
    "map_large": "Large",
    "mar100": "mAR",
}
_NAME = 8
"""Characters that the name of a class keeps on a narrow terminal."""


def evaluation(found: Mapping[str, Any]) -> Document:
    """The figures from judging a network by the test images."""

    def parts() -> Iterator[Part]:
        yield Prose(tested(found, found["test_images"], found["data"]))
        yield from _in_detail(found, counted(found["data"]))
        for name, each in found.get("outputs", {}).items():
            if "classes" in each or "labels" in each:
                yield Gap()
                yield Section(name)
                yield from _in_detail(each, counted(found["data"]))
        if found["notes"]:
            yield Notes([f"note: {text}" for text in found["notes"]])

    def sheet() -> Sheet:
        if rows := found.get("classes") or found.get("labels"):
            return Sheet.of(rows, list(rows[0]))
        return Sheet(("figure", "value"), ((k, v) for k, v in found.items() if isinstance(v, int | float)))

    return Document(found["name"], parts, lambda: found, sheet)


def _in_detail(found: Mapping[str, Any], of: str) -> Iterator[Part]:
    """The figures of each class or label of an output; `of` is the word for examples."""
    if found.get("task") == "detection":
        yield Gap()
        yield from _rows(found["classes"], "Class", "Objects", _OF_BOXES)
    elif "classes" in found:
        yield Gap()
        yield from _classes(found["classes"], None if found["task"] == "segmentation" else of)
        yield from _mistakes(found)
    if "labels" in found:
        yield Gap()
        yield from _rows(found["labels"], "Label", of.capitalize(), _OF_LABELS)


def _classes(rows: Sequence[Mapping[str, Any]], of: str | None) -> Iterator[Part]:
    """A row for each class, of so many examples; None for pixels."""
    if of is None:
        return _rows(rows, "Class", "Pixels", _FIGURES | {"iou": "IoU"})
    return _rows(rows, "Class", of.capitalize(), _FIGURES)


def _rows(rows: Sequence[Mapping[str, Any]], of: str, counted: str, figures: Mapping[str, str]) -> Iterator[Part]:
    """A row for each class or label; of many, for those of the lowest F1, or average precision of boxes."""
    shown, of_boxes = rows, figures is _OF_BOXES
    ranked, number = ("map", "objects") if of_boxes else ("f1", "examples")
    if len(rows) > _LISTED:
        shown = sorted(rows, key=lambda row: (row[ranked] is None, row[ranked] or 0))[:_WORST]
        kinds = "classes" if of == "Class" else "labels"
        least = f"the {_WORST} of {len(rows):,} {kinds} with the lowest {figures[ranked]}"
        yield Paragraph(f"{least}; --format json has all")
    yield Table(
        columns([of], (counted, *figures.values())),
        [Row((row["name"], f"{row[number]:,}", *(share(row[name]) for name in figures))) for row in shown],
        yields=((0, _NAME),),
    )


def _mistakes(found: Mapping[str, Any]) -> Iterator[Part]:
    names = [row["name"] for row in found["classes"]]
    if mistakes := most_confused(found["confusion"], names, _MISTAKES):
        told = ", ".join(f"{actual} as {guess} ({count:,})" for actual, guess, count in mistakes)
        yield Paragraph(f"most often mistaken: {told}")
