"""The figures of a data set before a network sees it: the number of examples, their classes, their brightness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netspec.diagnostics.numbered import numbered
from netspec.diagnostics.styled import printable
from netspec.functional.inputs import mean_and_deviation
from netspec.recipe.augment import Augmentation
from netspec.recipe.data import DataSet
from netspec.recipe.data.headers import headers_of
from netspec.recipe.data.objects import Objects
from netspec.recipe.data.raw import Files, RawData
from netspec.recipe.data.text import Texts
from netspec.report import document as doc
from netspec.report.numbers import listed
from netspec.report.sheet import Sheet
from netspec.training.feeding.batches import DataSplit, InMemory
from netspec.training.feeding.samples import prepared
from netspec.training.showing.boxes_seen import boxes_seen
from netspec.training.showing.data_seen import LISTED, DataSeen, class_rows
from netspec.training.showing.targets_seen import TargetsSeen, targets_seen
from netspec.training.showing.texts_seen import texts_seen

_BATCH = 256
_LOOKED_AT = 4096
"""The images whose pixels and sizes are counted, where a set is not in memory."""


@dataclass(frozen=True, slots=True)
class Overview(DataSeen):
    """A data set of examples with targets, in figures.

    Attributes:
        parts: The number of examples of each part, and of each class where targets are classes.
        mean: The mean of each channel of the training images as they are read, as a share of the brightest pixel.
        deviation: The standard deviation, likewise.
        counted: The number of images behind these two.
        sizes: Smallest and largest height and width of the files, before anything is done to them; None where images
            were never files.
        values: The least, mean and largest of each target, where targets are numbers.
        outputs: The targets of each of several outputs.
        pixels: The pixels of each class in the masks of these images; None where targets are no masks.
    """

    parts: dict[str, tuple[int, list[int] | None]]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    counted: int
    sizes: tuple[tuple[int, int], tuple[int, int]] | None
    values: list[tuple[float, float, float]] | None
    outputs: list[TargetsSeen]
    pixels: list[int] | None

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data, for ``--format json``."""
        samples, classes = self.samples, self.samples.classes
        return {
            "data": self.data.key,
            "images": list(samples.shape),
            "read": list(samples.read),
            "in_memory": isinstance(samples.train, InMemory),
            "classes": list(classes),
            **({"columns": self._column_names()} if self._column_names() else {}),
            "parts": {
                name: {
                    "examples": count,
                    "classes": None if counts is None else dict(zip(classes, counts, strict=True)),
                }
                for name, (count, counts) in self.parts.items()
            },
            "mean": list(self.mean),
            "std": list(self.deviation),
            "pixels_of": self.counted,
            **({"mask_pixels": dict(zip(classes, self.pixels, strict=True))} if self.pixels else {}),
            "files": None if self.sizes is None else {"smallest": self.sizes[0], "largest": self.sizes[1]},
            **({"outputs": {each.name: each.as_dict() for each in self.outputs}} if self.outputs else {}),
            "targets": self.values and [dict(zip(("least", "mean", "largest"), v, strict=True)) for v in self.values],
            "notes": list(samples.notes),
            "shift": list(samples.inputs.shift),
            "scale": list(samples.inputs.scale),
        }

    def rows(self) -> Sheet:
        """The examples of each class in each part."""
        return Sheet(("part", "class", "examples"), self._examples())

    def remark(self) -> str:
        """Their shape, and where they lie."""
        where = "in memory" if isinstance(self.samples.train, InMemory) else "read batch by batch"
        return f"{'examples' if self.samples.fields else 'images'} of {list(self.samples.shape)}, {where}"

    def figures(self) -> Iterator[doc.Part]:
        """Sizes of files, the table of classes, the targets of several outputs, and the brightness."""
        if self.sizes is not None:
            (low, narrow), (high, wide) = self.sizes
            same = (low, narrow) == (high, wide)
            yield doc.Prose(f"files of {low}x{narrow}" + ("" if same else f" to {high}x{wide}") + " (height x width)")
        yield doc.Definitions(list(self._columns()))
        yield self._table()
        if self.pixels is not None:
            shown = doc.columns(["class"], [f"pixels of {numbered(self.counted, 'training mask')}"])
            yield doc.Table(shown, class_rows(self.samples.classes, [self.pixels]), yields=((0, 12),))
        for each in self.outputs:
            yield from each.parts()
        yield doc.Definitions(list(self._facts()))

    def _columns(self) -> Iterator[doc.Entry]:
        """The columns of a table that each input and each output is made of."""
        for kind, parts in self._column_names().items():
            for name, columns in parts.items():
                shown = listed(tuple(map(printable, columns)), LISTED)
                yield doc.Entry(f"{kind} {name}" if len(parts) > 1 else kind, shown)

    def _column_names(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The same by name, of inputs and of targets; empty where examples are of no columns."""
        inputs = {field.name: field.columns for field in self.samples.fields if field.columns}
        told = {name: self.data.columns_of(name) for name in self.data.named_outputs or ("",)}
        return {"inputs": inputs, "targets": told} if inputs else {}

    def _facts(self) -> Iterator[doc.Entry]:
        of = f"of {self.counted:,} training images, as shares of the brightest pixel"
        if self.samples.fields:
            of = f"of {self.counted:,} training examples"
        yield doc.Entry("mean", _numbers(self.mean), of)
        yield doc.Entry("deviation", _numbers(self.deviation))
        names = self.samples.labels
        for index, (least, mean, largest) in enumerate(self.values or []):
            name = names[index] if names else f"target {index}"
            yield doc.Entry(name, f"from {least:.4g} to {largest:.4g}, mean {mean:.4g}")

    def _examples(self) -> Iterator[tuple[str, str, int]]:
        """The examples of each class in each part; where targets are no classes, those of the part."""
        for part, (examples, counts) in self.parts.items():
            rows = [("all", examples)] if counts is None else zip(self.samples.classes, counts, strict=True)
            yield from ((part, name, count) for name, count in rows)

    def _table(self) -> doc.Table:
        """A row for each class, and one for all."""
        names = [name for name, (count, _) in self.parts.items() if count]
        counts = [self.parts[name][1] or [] for name in names]
        classes = self.samples.classes if all(counts) else ()
        rows = class_rows(classes, counts)
        rows.append(doc.Row(("all", *(f"{self.parts[name][0]:,}" for name in names))))
        return doc.Table(doc.columns(["class" if classes else "examples"], names), rows, yields=((0, 12),))


def overview(data: DataSet, augment: Sequence[Augmentation] = ()) -> DataSeen:
    """Read a data set and look at it; where it is not held in memory, at some of its images.

    Args:
        data: The recipe's.
        augment: The recipe's augmentations, which say how images are read.

    Raises:
        NetspecError: NS0802, NS0803, NS0804: it is not there, broken, or does not fit together.
    """
    raw = data.load()
    samples = prepared(raw, data, torch.device("cpu"), augment, ahead=False)
    if isinstance(data, Texts):
        return texts_seen(data, samples)
    if isinstance(data, Objects):
        return boxes_seen(data, samples)
    images, targets = _looked_at(samples.train)
    mean, deviation = mean_and_deviation(images)
    brightest = samples.scene.brightest
    parts = {"train": samples.train, "validation": samples.validation, "test": samples.test}
    classes = len(samples.classes)
    return Overview(
        data=data,
        samples=samples,
        parts={name: (len(part) if part else 0, _counts(part, classes)) for name, part in parts.items()},
        mean=tuple(value / brightest for value in mean),
        deviation=tuple(value / brightest for value in deviation),
        counted=len(images),
        sizes=_sizes(raw),
        values=_values(targets) if targets.is_floating_point() and targets.ndim == 2 and not raw.outputs else None,
        outputs=targets_seen(samples),
        pixels=_pixels(targets, classes, samples.scene.ignored) if samples.scene.classes == 0 else None,
    )


def _looked_at(split: DataSplit) -> tuple[Tensor, Tensor]:
    """Images as they are read, and their targets: all those in memory, or some, evenly spread."""
    count = len(split)
    rows = torch.arange(count)
    if not isinstance(split, InMemory):
        rows = torch.linspace(0, count - 1, min(count, _LOOKED_AT)).long()
    batches = list(split.batches(list(rows.split(_BATCH))))
    return torch.cat([batch.images for batch in batches]), torch.cat([batch.targets for batch in batches])


def _counts(part: DataSplit | None, classes: int) -> list[int] | None:
    """Examples of each class."""
    labels = part.labels if part else None
    if labels is None or not classes:
        return None
    found: list[int] = labels.bincount(minlength=classes).tolist()
    return found


def _pixels(targets: Tensor, classes: int, ignored: int) -> list[int] | None:
    """Pixels of each class in masks [N, H, W], but those that are of none; None of other targets."""
    if targets.ndim != 3 or targets.is_floating_point() or not classes:
        return None
    found = torch.zeros(classes, dtype=torch.int64)
    for each in targets.split(16):  # counting takes eight bytes for each pixel
        found += each[(each != ignored) & (each < classes)].long().bincount(minlength=classes)
    counts: list[int] = found.tolist()
    return counts


def _sizes(raw: RawData) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The least and the largest height and width among the files, by their headers."""
    parts = [part for part in (raw.train, raw.validation, raw.test) if isinstance(part, Files)]
    found = [image.size[::-1] for part in parts for image in headers_of(part, _LOOKED_AT)]
    if not found:
        return None
    heights, widths = zip(*found, strict=True)
    return (min(heights), min(widths)), (max(heights), max(widths))


def _values(targets: Tensor) -> list[tuple[float, float, float]]:
    """Least, mean and largest of each target [N, values]."""
    return [(column.min().item(), column.double().mean().item(), column.max().item()) for column in targets.unbind(1)]


def _numbers(values: tuple[float, ...]) -> str:
    shown = values[:LISTED]
    return "  ".join(f"{value:.4f}" for value in shown) + ("  ..." if len(values) > len(shown) else "")
