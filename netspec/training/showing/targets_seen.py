"""The targets of several outputs before a network sees them: the examples of each class, and the range of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from netspec.functional.packing import targets_by_output
from netspec.report import document as doc
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.sample_set import Samples
from netspec.training.showing.data_seen import LISTED, class_rows


@dataclass(frozen=True, slots=True)
class TargetsSeen:
    """The targets of an output.

    Attributes:
        name: The output's.
        classes: The names of its classes; empty where targets are values.
        counts: The examples of each class, by part.
        values: The least, mean and largest of each value among the training examples; empty for classes.
    """

    name: str
    classes: tuple[str, ...]
    counts: Mapping[str, list[int]]
    values: list[tuple[float, float, float]]

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        if self.classes:
            parts = {part: dict(zip(self.classes, each, strict=True)) for part, each in self.counts.items()}
            return {"classes": list(self.classes), "parts": parts}
        return {"values": [dict(zip(("least", "mean", "largest"), each, strict=True)) for each in self.values]}

    def parts(self) -> Iterator[doc.Part]:
        """The figures for a person."""
        if not self.classes:
            yield doc.Definitions(
                [
                    doc.Entry(
                        self.name if len(self.values) == 1 else f"{self.name} {index}",
                        f"from {least:.4g} to {largest:.4g}, mean {mean:.4g}",
                    )
                    for index, (least, mean, largest) in enumerate(self.values[:LISTED])
                ]
            )
            return
        rows = class_rows(self.classes, list(self.counts.values()))
        yield doc.Table(doc.columns([self.name], list(self.counts)), rows, yields=((0, 12),))


def targets_seen(samples: Samples) -> list[TargetsSeen]:
    """The targets of each of several outputs; none where there is one target for each example."""
    parts = {"train": samples.train, "validation": samples.validation, "test": samples.test}
    told = {name: _told(part, samples) for name, part in parts.items() if part is not None}
    return [
        TargetsSeen(
            field.name,
            field.classes,
            {part: _counts(each[field.name], len(field.classes)) for part, each in told.items()},
            [] if field.classes else _values(told["train"][field.name].flatten(1)),
        )
        for field in samples.outputs
    ]


def _told(part: DataSplit, samples: Samples) -> dict[str, Tensor]:
    return {} if part.targets is None or not samples.outputs else targets_by_output(part.targets, samples.outputs)


def _counts(labels: Tensor, classes: int) -> list[int]:
    found: list[int] = labels.flatten().long().bincount(minlength=classes).tolist() if classes else []
    return found


def _values(targets: Tensor) -> list[tuple[float, float, float]]:
    """Least, mean and largest of each value [N, values]."""
    return [(column.min().item(), column.double().mean().item(), column.max().item()) for column in targets.unbind(1)]
