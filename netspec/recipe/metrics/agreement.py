"""Metrics of classes that torchmetrics counts, beside shares: averages over classes, agreement, calibration."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.base import Metric

_CLASSES = ("classification", "segmentation")


def of_classes(name: str, classes: int, **options: Any) -> Function:
    """A metric of torchmetrics of several classes."""
    given = {"num_classes": classes, **options, "validate_args": False}
    return Function(f"torchmetrics.classification.{name}", given)


class Precision(Metric):
    """Of what is told to be a class, the share that is it; its mean over the classes."""

    key: ClassVar[str] = "precision"
    title: ClassVar[str] = "mean precision"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return of_classes("MulticlassPrecision", classes, average="macro", ignore_index=ignore_index)


class Recall(Metric):
    """Of what is a class, the share that is told to be; its mean over the classes, or balanced accuracy."""

    key: ClassVar[str] = "recall"
    title: ClassVar[str] = "mean recall"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return of_classes("MulticlassRecall", classes, average="macro", ignore_index=ignore_index)


class F1(Metric):
    """The harmonic mean of a class's precision and recall, its mean over the classes; of pixels, the Dice score."""

    key: ClassVar[str] = "f1"
    also: ClassVar[tuple[str, ...]] = ("f1_score",)
    title: ClassVar[str] = "mean F1"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return of_classes("MulticlassF1Score", classes, average="macro", ignore_index=ignore_index)


class CohenKappa(Metric):
    """Cohen's kappa: agreement beyond what chance would reach; 1 is complete, 0 is chance."""

    key: ClassVar[str] = "cohen_kappa"
    title: ClassVar[str] = "Cohen's kappa"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return of_classes("MulticlassCohenKappa", classes, ignore_index=ignore_index)


class Matthews(Metric):
    """Matthews' correlation coefficient of the classes and what is told; from -1 to 1."""

    key: ClassVar[str] = "matthews"
    title: ClassVar[str] = "Matthews correlation"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return of_classes("MulticlassMatthewsCorrCoef", classes, ignore_index=ignore_index)


class Auroc(Metric):
    """The area under the ROC curve of each class against all others, its mean over the classes.

    Counted at 200 thresholds of the softmax of the scores, so that no score needs to be kept.
    """

    key: ClassVar[str] = "auroc"
    title: ClassVar[str] = "area under ROC"
    tasks: ClassVar[tuple[str, ...]] = _CLASSES

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return functional(
            "torch_metrics.of_probabilities",
            make=of_classes("MulticlassAUROC", classes, thresholds=200, ignore_index=ignore_index),
        )


class CalibrationError(Metric):
    """How far the confidence of answers is from their accuracy, its mean over bins of confidence (arXiv:1706.04599).

    The confidence is the softmax of the scores.
    """

    key: ClassVar[str] = "calibration_error"
    title: ClassVar[str] = "calibration error"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    higher: ClassVar[bool] = False

    bins: int = Field(15, ge=2)

    def library(self, classes: int, ignore_index: int | None) -> Function:
        return functional(
            "torch_metrics.of_probabilities", make=of_classes("MulticlassCalibrationError", classes, n_bins=self.bins)
        )
