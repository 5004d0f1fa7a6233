"""Losses of regions: the missing overlap of predicted regions with the true ones."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.function import Function, functional
from netspec.recipe.losses.base import SOFTMAX, IgnoringLoss


class Dice(IgnoringLoss):
    """One minus the Dice coefficient of the softmax of the outputs, its mean over images and classes.

    Of a class it is ``1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth)``, summed over an image's pixels
    (arXiv:1606.04797, without its squares).

    Attributes:
        smooth: Keeps the quotient from 0/0, and rewards a class that is rightly absent.
        cross_entropy: The weight of a cross-entropy that is added: alone, Dice begins slowly.
    """

    key: ClassVar[str] = "dice"
    for_classes: ClassVar[str] = "netspec.functional.losses.dice"
    as_probabilities: ClassVar[str] = SOFTMAX
    expects: ClassVar = "logits"

    smooth: float = Field(1.0, gt=0)
    cross_entropy: float = Field(0.0, ge=0)

    def weighing(self) -> Function | None:
        ignored = self.ignore_index
        return None if ignored is None else functional("losses.images_judged", ignore_index=ignored)
