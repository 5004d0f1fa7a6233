"""Errors of values against their targets. Sums are in double precision."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.metrics.base import Metric

_VALUES = ("regression", "autoencoding")


class Mae(Metric):
    """The mean absolute error, in the targets' unit."""

    key: ClassVar[str] = "mae"
    also: ClassVar[tuple[str, ...]] = ("mean_absolute_error", "l1")
    title: ClassVar[str] = "mean absolute error"
    tasks: ClassVar[tuple[str, ...]] = _VALUES
    higher: ClassVar[bool] = False
    counted: ClassVar[str] = "netspec.functional.figures.absolute"


class MeanSquaredError(Metric):
    """The mean squared error, in the targets' unit squared."""

    key: ClassVar[str] = "mse"
    also: ClassVar[tuple[str, ...]] = ("mean_squared_error", "l2")
    title: ClassVar[str] = "mean squared error"
    tasks: ClassVar[tuple[str, ...]] = _VALUES
    higher: ClassVar[bool] = False
    counted: ClassVar[str] = "netspec.functional.figures.squared"


class Rmse(MeanSquaredError):
    """The root of the mean squared error, in the targets' unit."""

    key: ClassVar[str] = "rmse"
    also: ClassVar[tuple[str, ...]] = ("root_mean_squared_error",)
    title: ClassVar[str] = "root mean squared error"
    counted: ClassVar[str] = ""

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_values.RootOfSquares")


class R2(Metric):
    """The coefficient of determination, its mean over outputs whose targets differ; 0 is what their mean reaches."""

    key: ClassVar[str] = "r2"
    also: ClassVar[tuple[str, ...]] = ("r2_score",)
    title: ClassVar[str] = "R²"
    tasks: ClassVar[tuple[str, ...]] = ("regression",)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_values.Determination", values=classes)


class Psnr(Metric):
    """The peak signal-to-noise ratio: 10 log10(range² / mse), over the range of the targets that were seen."""

    key: ClassVar[str] = "psnr"
    title: ClassVar[str] = "PSNR"
    unit: ClassVar[str] = "dB"
    tasks: ClassVar[tuple[str, ...]] = ("autoencoding",)

    def counter(self, classes: int, ignore_index: int | None) -> Function:
        return functional("of_values.SignalToNoise")
