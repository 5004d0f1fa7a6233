"""Losses of regions: how little what is told overlaps with what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.losses.base import Criterion, IgnoringLoss

if TYPE_CHECKING:
    from torch import Tensor


class Dice(IgnoringLoss):
    """One minus the Dice coefficient of the softmax of the outputs, its mean over images and classes.

    Of a class it is ``1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth)``, summed over an image's pixels
    (arXiv:1606.04797, without its squares).

    Attributes:
        smooth: Keeps the quotient from 0/0, and rewards a class that is rightly absent.
        cross_entropy: The weight of a cross-entropy that is added: alone, Dice begins slowly.
    """

    key: ClassVar[str] = "dice"

    smooth: float = Field(1.0, gt=0)
    cross_entropy: float = Field(0.0, ge=0)

    def of_classes(self) -> Criterion:
        from netspec.recipe.losses.encoding import as_probabilities, judged
        from netspec.recipe.losses.likelihood import CrossEntropy

        entropy = CrossEntropy(ignore_index=self.ignore_index).of_classes()

        def dice(outputs: Tensor, targets: Tensor) -> Tensor:
            told, there = outputs.softmax(1), as_probabilities(targets, outputs, self.ignore_index)
            kept = judged(targets, self.ignore_index)
            if kept is not None:
                told = told * kept.unsqueeze(1)
            told, there = (each.reshape(*outputs.shape[:2], -1) for each in (told, there))
            overlap = 2 * (told * there).sum(2) + self.smooth
            loss = (1 - overlap / (told.sum(2) + there.sum(2) + self.smooth)).mean()
            return loss + self.cross_entropy * entropy(outputs, targets) if self.cross_entropy else loss

        return dice

    def probabilities(self, outputs: Tensor) -> Tensor | None:
        return outputs.softmax(1)
