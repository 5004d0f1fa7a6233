"""Metrics of classes that torchmetrics counts, beside shares: averages over classes, agreement, calibration."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.base import Metric


class OfClasses(Metric):
    """Base of metrics of classes that torchmetrics counts.

    Class attributes:
        torch_name: The class in torchmetrics.classification.
        fixed: Its arguments that no recipe sets.
        of_softmax: Whether it takes the softmax of the scores, instead of themselves.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification", "segmentation")
    torch_name: ClassVar[str] = ""
    fixed: ClassVar[dict[str, Any]] = {}
    of_softmax: ClassVar[bool] = False

    def library(self, classes: int, ignore_index: int | None) -> Function:
        given = {"num_classes": classes, **self.fixed, **self.options(ignore_index), "validate_args": False}
        made = Function(f"torchmetrics.classification.{self.torch_name}", given)
        return functional("torch_metrics.of_probabilities", make=made) if self.of_softmax else made

    def options(self, ignore_index: int | None) -> dict[str, Any]:
        """The arguments that the recipe sets."""
        return {"ignore_index": ignore_index}


class Precision(OfClasses):
    """The share of the answers of a class that are right; its mean over the classes."""

    key: ClassVar[str] = "precision"
    title: ClassVar[str] = "mean precision"
    unit: ClassVar[str] = "%"
    torch_name: ClassVar[str] = "MulticlassPrecision"
    fixed: ClassVar[dict[str, Any]] = {"average": "macro"}


class Recall(OfClasses):
    """The share of a class that is answered so; its mean over the classes, or balanced accuracy."""

    key: ClassVar[str] = "recall"
    title: ClassVar[str] = "mean recall"
    unit: ClassVar[str] = "%"
    torch_name: ClassVar[str] = "MulticlassRecall"
    fixed: ClassVar[dict[str, Any]] = {"average": "macro"}


class F1(OfClasses):
    """The harmonic mean of a class's precision and recall, its mean over the classes; of pixels, the Dice score."""

    key: ClassVar[str] = "f1"
    also: ClassVar[tuple[str, ...]] = ("f1_score",)
    title: ClassVar[str] = "mean F1"
    unit: ClassVar[str] = "%"
    torch_name: ClassVar[str] = "MulticlassF1Score"
    fixed: ClassVar[dict[str, Any]] = {"average": "macro"}


class CohenKappa(OfClasses):
    """Cohen's kappa: agreement beyond what chance would reach; 1 is complete, 0 is chance."""

    key: ClassVar[str] = "cohen_kappa"
    title: ClassVar[str] = "Cohen's kappa"
    torch_name: ClassVar[str] = "MulticlassCohenKappa"


class Matthews(OfClasses):
    """Matthews' correlation coefficient of the classes and what is told; from -1 to 1."""

    key: ClassVar[str] = "matthews"
    title: ClassVar[str] = "Matthews correlation"
    torch_name: ClassVar[str] = "MulticlassMatthewsCorrCoef"


class Auroc(OfClasses):
    """The area under the ROC curve of each class against all others, its mean over the classes.

    Counted at 200 thresholds of the softmax of the scores, so that no score needs to be kept.
    """

    key: ClassVar[str] = "auroc"
    title: ClassVar[str] = "area under ROC"
    torch_name: ClassVar[str] = "MulticlassAUROC"
    fixed: ClassVar[dict[str, Any]] = {"thresholds": 200}
    of_softmax: ClassVar[bool] = True


class CalibrationError(OfClasses):
    """The distance of the answers' confidence from their accuracy, its mean over bins of confidence (arXiv:1706.04599).

    The confidence is the softmax of the scores.
    """

    key: ClassVar[str] = "calibration_error"
    title: ClassVar[str] = "calibration error"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    higher: ClassVar[bool] = False
    torch_name: ClassVar[str] = "MulticlassCalibrationError"
    of_softmax: ClassVar[bool] = True

    bins: int = Field(15, ge=2)

    def options(self, ignore_index: int | None) -> dict[str, Any]:
        return {"n_bins": self.bins}
