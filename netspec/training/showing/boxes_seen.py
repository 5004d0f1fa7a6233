"""Images with boxes before a network sees them: how many objects of which classes, and how large they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.diagnostics.numbered import numbered
from netspec.functional.data.boxed import Boxed, Truth
from netspec.recipe.data.objects import Objects
from netspec.report import document as doc
from netspec.report.sheet import Sheet
from netspec.training.feeding.boxed import boxed_parts
from netspec.training.feeding.sample_set import Samples
from netspec.training.showing.data_seen import DataSeen, class_rows

_SMALL, _MEDIUM = 32**2, 96**2
"""Areas from which COCO calls an object medium, and large."""

_AREAS = ("small", "medium", "large")

_SHARES = {"least": 0.0, "tenth": 0.1, "median": 0.5, "nine_tenths": 0.9, "largest": 1.0}
"""The shares of boxes that have at most the sizes that are told."""


@dataclass(frozen=True, slots=True)
class PartSeen:
    """The objects of a part.

    Attributes:
        images: The number of images.
        bare: Of those without objects.
        most: The most objects of an image.
        counts: Objects by class.
        crowds: Boxes around many objects, among the counted ones.
        areas: Small, medium and large objects.
    """

    images: int
    bare: int
    most: int
    counts: list[int]
    crowds: int
    areas: list[int]

    @property
    def objects(self) -> int:
        """Objects of all classes."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class BoxesSeen(DataSeen):
    """Images with boxes in figures.

    Attributes:
        parts: What there is in each part.
        sizes: Smallest and largest height and width of an image to train on.
        sides: Widths and heights of boxes to learn from, in pixels, by the names of shares.
    """

    parts: dict[str, PartSeen]
    sizes: tuple[tuple[int, int], tuple[int, int]]
    sides: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--format json``."""
        return {
            "data": self.data.key,
            "classes": list(self.samples.classes),
            "parts": {name: self._part(part) for name, part in self.parts.items()},
            "images": {"smallest": list(self.sizes[0]), "largest": list(self.sizes[1])},
            "boxes": self.sides,
            "notes": list(self.samples.notes),
        }

    def _part(self, part: PartSeen) -> dict[str, Any]:
        return {
            "images": part.images,
            "without_objects": part.bare,
            "objects": dict(zip(self.samples.classes, part.counts, strict=True)),
            "most_in_an_image": part.most,
            "crowds": part.crowds,
            "areas": dict(zip(_AREAS, part.areas, strict=True)),
        }

    def rows(self) -> Sheet:
        """The objects of each class in each part."""
        return Sheet(("part", "class", "objects"), self._rows())

    def _rows(self) -> Iterator[tuple[str, str, int]]:
        for name, part in self.parts.items():
            yield from ((name, label, count) for label, count in zip(self.samples.classes, part.counts, strict=True))

    def remark(self) -> str:
        """The sizes of the images."""
        (low, narrow), (high, wide) = self.sizes
        same = (low, narrow) == (high, wide)
        sizes = f"{low}x{narrow}" if same else f"from {low}x{narrow} to {high}x{wide}"
        return f"images with boxes, {sizes} (height x width)"

    def figures(self) -> Iterator[doc.Part]:
        """The table of classes, and how many and how large objects are."""
        yield self._table()
        yield doc.Definitions(list(self._facts()))

    def _table(self) -> doc.Table:
        """The objects of each class, then of all, and the images."""
        parts = list(self.parts.values())
        rows = class_rows(self.samples.classes, [part.counts for part in parts])
        rows.append(doc.Row(("all objects", *(f"{part.objects:,}" for part in parts))))
        rows += [
            doc.Row((name, *(f"{part.areas[at]:,}" for part in parts)), name=name, level=1)
            for at, name in enumerate(_AREAS)
        ]
        rows.append(doc.Row(("images", *(f"{part.images:,}" for part in parts))))
        if any(part.bare for part in parts):
            rows.append(doc.Row(("without objects", *(f"{part.bare:,}" for part in parts))))
        return doc.Table(doc.columns(["class"], list(self.parts)), rows, yields=((0, 12),))

    def _facts(self) -> Iterator[doc.Entry]:
        train = self.parts["train"]
        mean = numbered(train.objects / train.images, "object")
        yield doc.Entry("in an image", f"{mean} in the mean, {train.most:,} at most")
        for name, shares in self.sides.items():
            least, few, half, most, largest = (_pixels(value) for value in shares.values())
            told = f"from {least} to {largest} pixels, median {half}, a tenth up to {few}, another from {most} on"
            yield doc.Entry(f"{name} of boxes", told)
        yield doc.Entry("small, large", "below 32x32 pixels, and from 96x96 on, by area as COCO has it")


def boxes_seen(data: Objects, samples: Samples) -> BoxesSeen:
    """The figures of images with boxes that were prepared; no image is decoded."""
    splits = boxed_parts(samples)
    truths = {name: [split.part.truth(row) for row in range(len(split))] for name, split in splits.items()}
    sides = np.concatenate([each.boxes[:, 2:] - each.boxes[:, :2] for each in truths["train"]])
    parts = {name: _seen(each, len(samples.classes)) for name, each in truths.items()}
    return BoxesSeen(data, samples, parts, _sizes(splits["train"].part), _shares(sides))


def _pixels(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _seen(truths: Sequence[Truth], classes: int) -> PartSeen:
    numbers = [len(each.labels) for each in truths]
    labels = np.concatenate([each.labels for each in truths])
    areas = np.concatenate([each.area for each in truths])
    return PartSeen(
        images=len(truths),
        bare=numbers.count(0),
        most=max(numbers),
        counts=np.bincount(labels, minlength=classes + 1)[1:].tolist(),
        crowds=int(sum(each.crowd.sum() for each in truths)),
        areas=np.bincount(np.digitize(areas, [_SMALL, _MEDIUM]), minlength=3).tolist(),
    )


def _sizes(part: Boxed) -> tuple[tuple[int, int], tuple[int, int]]:
    heights, widths = zip(*(part.size(row) for row in range(len(part))), strict=True)
    return (min(heights), min(widths)), (max(heights), max(widths))


def _shares(sides: np.ndarray[Any, Any]) -> dict[str, dict[str, float]]:
    """Widths and heights by the shares of boxes that have at most so much; empty where there are none."""
    if not len(sides):
        return {}
    found = np.quantile(sides.astype(np.float64), list(_SHARES.values()), axis=0)
    return {
        name: dict(zip(_SHARES, found[:, axis].tolist(), strict=True)) for axis, name in enumerate(("width", "height"))
    }
