"""Metrics of classes beside shares: averages over classes, agreement, calibration."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field, PrivateAttr

from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.losses.base import SOFTMAX
from netspec.recipe.metrics.base import Metric


class OfClasses(Metric):
    """Base of metrics of classes that are no quotient of sums.

    Class attributes:
        figure_of: The function of `netspec.functional.of_classes` that gives the figure.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification", "segmentation")
    figure_of: ClassVar[str] = ""

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        figure = functional(f"of_classes.{self.figure_of}")
        return functional("of_classes.OfClasses", figure=figure, classes=classes, **ignoring(ignore_index))


def ignoring(ignore_index: int | None) -> dict[str, int]:
    """The argument for a label that is not judged; none where all are."""
    return {} if ignore_index is None else {"ignore_index": ignore_index}


class Precision(OfClasses):
    """The share of the answers of a class that are right; its mean over the classes that occur or are answered."""

    key: ClassVar[str] = "precision"
    title: ClassVar[str] = "mean precision"
    unit: ClassVar[str] = "%"
    figure_of: ClassVar[str] = "precision"


class Recall(OfClasses):
    """The share of a class that is answered so; its mean over the classes that occur or are answered.

    Where all occur, it is the balanced accuracy.
    """

    key: ClassVar[str] = "recall"
    title: ClassVar[str] = "mean recall"
    unit: ClassVar[str] = "%"
    figure_of: ClassVar[str] = "recall"


class F1(OfClasses):
    """The harmonic mean of a class's precision and recall, its mean over the classes that occur or are answered.

    Of pixels it is the Dice score.
    """

    key: ClassVar[str] = "f1"
    also: ClassVar[tuple[str, ...]] = ("f1_score",)
    title: ClassVar[str] = "mean F1"
    unit: ClassVar[str] = "%"
    figure_of: ClassVar[str] = "f1"


class CohenKappa(OfClasses):
    """Cohen's kappa: agreement beyond what chance would reach; 1 is complete, 0 is chance."""

    key: ClassVar[str] = "cohen_kappa"
    title: ClassVar[str] = "Cohen's kappa"
    figure_of: ClassVar[str] = "cohen_kappa"


class Matthews(OfClasses):
    """Matthews' correlation coefficient of the classes and what is told; from -1 to 1."""

    key: ClassVar[str] = "matthews"
    also: ClassVar[tuple[str, ...]] = ("mcc", "matthews_corr_coef")
    title: ClassVar[str] = "Matthews correlation"
    figure_of: ClassVar[str] = "matthews"


class OfConfidence(Metric):
    """Base of metrics of the probabilities that the loss makes of scores; of one that makes none, of their softmax."""

    _told: Function | None = PrivateAttr(default=None)

    def judging(self, loss: Loss) -> Self:
        made = self.model_copy()
        made._told = loss.to_probabilities()
        return made

    def told(self, ignore_index: int | None) -> dict[str, Any]:
        """The arguments that most of them share."""
        usual = self._told is None or self._told.target == SOFTMAX
        return ({} if usual else {"told": self._told}) | ignoring(ignore_index)


class Auroc(OfConfidence):
    """The area under the ROC curve of each class against all others, its mean over the classes that occur.

    Of the probabilities that the loss gives the outputs, or of the softmax of scores where it gives none. It is exact
    for up to 10 million of them; more are counted at 200 thresholds, and a note says so.
    """

    key: ClassVar[str] = "auroc"
    also: ClassVar[tuple[str, ...]] = ("auc", "roc_auc")
    title: ClassVar[str] = "area under ROC"
    tasks: ClassVar[tuple[str, ...]] = ("classification", "segmentation")

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_confidence.AreaUnderCurve", classes=classes, **self.told(ignore_index))


class CalibrationError(OfConfidence):
    """The distance of the answers' confidence from their accuracy, its mean over bins of confidence (arXiv:1706.04599).

    The confidence is the probability that the loss gives the outputs, or the softmax of scores where it gives none.
    """

    key: ClassVar[str] = "calibration_error"
    title: ClassVar[str] = "calibration error"
    unit: ClassVar[str] = "%"
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    higher: ClassVar[bool] = False

    bins: int = Field(15, ge=2, le=10_000)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_confidence.CalibrationError", bins=self.bins, **self.told(ignore_index))
