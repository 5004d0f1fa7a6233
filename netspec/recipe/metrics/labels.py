"""Metrics of labels of which an example may have several."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.base import Metric


class LabelF1(Metric):
    """The harmonic mean of a label's precision and recall, its mean over the labels that occur.

    A label is told where its probability is above one half.
    """

    key: ClassVar[str] = "label_f1"
    title: ClassVar[str] = "mean F1 of labels"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("multi_label",)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_labels.LabelF1", labels=classes)


class MeanAveragePrecision(Metric):
    """The mean over the labels that occur of the precision at each threshold, weighted by what recall gains there.

    It is exact for up to 10 million logits; more are counted in steps of 1/128 from -16 to 16, and a note says so.
    """

    key: ClassVar[str] = "mean_average_precision"
    title: ClassVar[str] = "mean average precision"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("multi_label",)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_labels.AveragePrecision", labels=classes)
