"""Losses of scores and penalties that are no probabilities."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.losses.base import Loss


class MultiMargin(Loss):
    """The hinge loss: by how much wrong outputs come within `margin` of the right one, or above it, to the power `p`.

    Its sum over the wrong classes is divided by the number of all. Of mixed labels it is the expected one.
    """

    key: ClassVar[str] = "multi_margin"
    for_classes: ClassVar[str] = "netspec.functional.losses.multi_margin"
    also: ClassVar[tuple[str, ...]] = ("hinge", "categorical_hinge")

    margin: float = Field(1.0, gt=0)
    p: int = Field(1, ge=1, le=2)


class Map(Loss):
    """The maximum a posteriori criterion, equation 9 of LeCun et al. 1998, "Gradient-based learning".

    Outputs y are penalties, such as the distances of an `rbf` layer: the class with the smallest one is the answer. Of
    an image of class d the loss is ``y_d + log(exp(-j) + sum_i exp(-y_i))``. The first term pulls the right penalty
    down; the second pushes all others up, those the most that are small, and beside the constant `j` of a rubbish class
    it lets go of penalties that are large already. Of mixed labels the first term is the expected one.
    """

    key: ClassVar[str] = "map"
    for_classes: ClassVar[str] = "netspec.functional.losses.maximum_a_posteriori"
    unit: ClassVar[str] = "nats"
    penalties: ClassVar[bool] = True

    j: float = Field(0.1, gt=0)

    def to_probabilities(self) -> Function | None:
        """The posterior of equation 9; the rest up to 1 is rubbish."""
        return functional("of_confidence.posterior", j=self.j)
