"""Shares of right and wrong answers, counted as whole numbers."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from netspec.diagnostics.numbered import numbered
from netspec.recipe.data.labels import MOST_CLASSES
from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.agreement import ignoring
from netspec.recipe.metrics.base import Metric


class Accuracy(Metric):
    """The share of examples whose class has the highest score."""

    key: ClassVar[str] = "accuracy"
    also: ClassVar[tuple[str, ...]] = (
        "acc",
        "top_1",
        "binary_accuracy",
        "multiclass_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
    )
    title: ClassVar[str] = "accuracy"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def parts(self, classes: int, ignore_index: int | None) -> Function:
        return _counted("hits", ignore_index)


class PixelAccuracy(Accuracy):
    """The share of pixels whose class has the highest score, those with the ignored label left out."""

    key: ClassVar[str] = "pixel_accuracy"
    title: ClassVar[str] = "pixel accuracy"
    tasks: ClassVar[tuple[str, ...]] = ("segmentation",)


class TopK(Metric):
    """The share of examples whose class is not among the `k` with the highest scores."""

    key: ClassVar[str] = "top_k"
    also: ClassVar[tuple[str, ...]] = ("top_k_accuracy", "top_k_categorical_accuracy")
    main: ClassVar[str | None] = "k"
    title: ClassVar[str] = "top-k error"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    higher: ClassVar[bool] = False

    k: int = Field(ge=1, le=MOST_CLASSES)

    @property
    def figure(self) -> str:
        return f"top{self.k}_error"

    def refuse(self, classes: int) -> str | None:
        return f"of {numbered(classes, 'class')}, {self.k} guesses are never wrong" if self.k >= classes else None

    def parts(self, classes: int, ignore_index: int | None) -> Function:
        return _counted("misses", ignore_index, k=min(self.k, classes))

    @classmethod
    def names(cls, figure: str) -> bool:
        return re.fullmatch(r"top\d+_error", figure) is not None

    @classmethod
    def asked(cls, figure: str) -> str:
        return f"{{top_k: {figure.removeprefix('top').removesuffix('_error')}}}"

    @classmethod
    def titled(cls, figure: str) -> str:
        return f"top-{figure.removeprefix('top').removesuffix('_error')} error"


class Top5(TopK):
    """The share of examples whose class is not among the five with the highest scores."""

    key: ClassVar[str] = "top5"
    also: ClassVar[tuple[str, ...]] = ("top_5",)
    main: ClassVar[str | None] = None
    title: ClassVar[str] = "top-5 error"

    k: int = Field(5, ge=5, le=5, exclude=True)


class MeanIou(Metric):
    """The intersection over the union of each class's pixels, its mean over the classes that occur or are answered."""

    key: ClassVar[str] = "miou"
    also: ClassVar[tuple[str, ...]] = ("iou", "mean_iou", "jaccard_index")
    title: ClassVar[str] = "mean IoU"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("segmentation",)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        figure = functional("of_classes.iou", **ignoring(ignore_index))
        return functional("of_classes.OfClasses", figure=figure, classes=classes, **ignoring(ignore_index))


def _counted(name: str, ignore_index: int | None, **options: int) -> Function:
    kept = "" if ignore_index is None else "_of_kept"
    return functional(f"figures.{name}{kept}", **options, **ignoring(ignore_index))
