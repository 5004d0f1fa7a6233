"""The figures of each class, from a confusion matrix. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """The figures of one class against all others; shares are fractions, None where there is nothing to divide by.

    Attributes:
        name: The name of the class.
        examples: The number of its examples: images, or pixels of masks.
        precision: The share of right ones among those predicted to be of the class.
        recall: The share of right ones among those of the class.
        f1: The harmonic mean of the two.
        iou: Intersection over union: right ones over those that are, or are predicted to be, of the class.
    """

    name: str
    examples: int
    precision: float | None
    recall: float | None
    f1: float | None
    iou: float | None


def per_class(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> list[ClassFigures]:
    """A row for each class, in their order.

    Args:
        confusion: Examples by their class (rows) and the predicted class (columns).
        classes: Names.
    """
    told = [sum(column) for column in zip(*confusion, strict=True)]
    return [
        _figures(name, row[index], sum(row), told[index])
        for index, (name, row) in enumerate(zip(classes, confusion, strict=True))
    ]


def most_confused(
    confusion: Sequence[Sequence[int]], classes: Sequence[str], count: int = 5
) -> list[tuple[str, str, int]]:
    """The commonest mistakes: class, class predicted in its place, count; the commonest first."""
    wrong = [
        (number, actual, told)
        for actual, row in enumerate(confusion)
        for told, number in enumerate(row)
        if told != actual and number
    ]
    wrong.sort(key=lambda mistake: (-mistake[0], mistake[1], mistake[2]))
    return [(classes[actual], classes[told], number) for number, actual, told in wrong[:count]]


def _figures(name: str, right: int, examples: int, told: int) -> ClassFigures:
    either = examples + told - right
    return ClassFigures(
        name,
        examples,
        precision=_share(right, told),
        recall=_share(right, examples),
        f1=_share(2 * right, examples + told),
        iou=_share(right, either),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
