"""Losses of values: the distance of outputs from their targets."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from netspec.recipe.function import Function, functional
from netspec.recipe.losses.base import Loss


class Mse(Loss):
    """The squared difference to a target, its mean over images and outputs.

    Where targets are classes, it is `positive` for the right class and `negative` for all others: 1 and -1 suit a
    network that ends in the scaled tanh 1.7159 tanh(2x/3), whose curvature is the largest there (LeCun et al. 1989).
    """

    key: ClassVar[str] = "mse"
    for_classes: ClassVar[str] = "netspec.functional.losses.squared_error"
    for_values: ClassVar[str] = "torch.nn.functional.mse_loss"
    of_differences: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("l2", "squared_error", "mean_squared_error")

    positive: float = 1.0
    negative: float = -1.0

    @model_validator(mode="after")
    def _check_targets(self) -> Self:
        if self.positive <= self.negative:
            targets = f"`positive`, {self.positive:g}, must be above `negative`, {self.negative:g}"
            raise ValueError(f"{targets}: the largest output is the answer")
        return self

    def to_probabilities(self) -> Function | None:
        """The least-squares estimate of probabilities: an output's place between the two targets, within 0 and 1."""
        return functional("of_confidence.place_between", **self.model_dump())


class L1(Loss):
    """The absolute difference to the target, its mean over images and outputs."""

    key: ClassVar[str] = "l1"
    for_values: ClassVar[str] = "torch.nn.functional.l1_loss"
    of_differences: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ("mae", "absolute_error", "mean_absolute_error")


class SmoothL1(Loss):
    """Squared differences over 2 `beta` below `beta`, absolute ones less ``beta / 2`` above (arXiv:1504.08083)."""

    key: ClassVar[str] = "smooth_l1"
    for_values: ClassVar[str] = "torch.nn.functional.smooth_l1_loss"
    of_differences: ClassVar[bool] = True

    beta: float = Field(1.0, gt=0)


class Huber(Loss):
    """Half the squared difference below `delta`, and above it ``delta`` times the absolute one less ``delta / 2``."""

    key: ClassVar[str] = "huber"
    for_values: ClassVar[str] = "torch.nn.functional.huber_loss"
    of_differences: ClassVar[bool] = True

    delta: float = Field(1.0, gt=0)
