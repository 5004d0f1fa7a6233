"""Losses; options bear torch's names where it has them. A new one is a class here and nothing else.

A loss gives the network's outputs their meaning, so it also says which class they tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from netspec.train.parts import Part

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Part):
    """Base of all losses."""

    family: ClassVar[str] = "loss"

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The function of outputs [N, classes] and labels [N] that gives the batch's mean, a scalar."""
        raise NotImplementedError

    def predict(self, outputs: Tensor) -> Tensor:
        """The class that each row of outputs [N, classes] tells, [N]: the one with the largest output."""
        return outputs.argmax(1)


class CrossEntropy(Loss):
    """Cross-entropy of the softmax of the outputs, in nats; the network ends in logits, without a softmax."""

    key: ClassVar[str] = "cross_entropy"

    label_smoothing: float = Field(0.0, ge=0, lt=1)

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        from torch import nn

        return nn.CrossEntropyLoss(label_smoothing=self.label_smoothing)


class Nll(Loss):
    """The negative output of the right class; the network ends in `log_softmax`."""

    key: ClassVar[str] = "nll"

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        from torch import nn

        return nn.NLLLoss()


class MultiMargin(Loss):
    """The hinge loss: by how much wrong outputs come within `margin` of the right one, or above it, to the power `p`.

    Its sum over the wrong classes is divided by the number of all.
    """

    key: ClassVar[str] = "multi_margin"

    margin: float = Field(1.0, gt=0)
    p: int = Field(1, ge=1, le=2)

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        from torch import nn

        return nn.MultiMarginLoss(p=self.p, margin=self.margin)


class Mse(Loss):
    """The squared difference to a target, its mean over images and classes.

    The target is `positive` for the right class and `negative` for all others: 1 and -1 suit a network that ends in the
    scaled tanh 1.7159 tanh(2x/3), whose curvature is the largest there (LeCun et al. 1989).
    """

    key: ClassVar[str] = "mse"

    positive: float = 1.0
    negative: float = -1.0

    @model_validator(mode="after")
    def _check_targets(self) -> Self:
        if self.positive <= self.negative:
            targets = f"`positive`, {self.positive:g}, must be above `negative`, {self.negative:g}"
            raise ValueError(f"{targets}: the largest output is the answer")
        return self

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        from torch.nn import functional as F

        def mse(outputs: Tensor, labels: Tensor) -> Tensor:
            target = outputs.new_full(outputs.shape, self.negative)
            return F.mse_loss(outputs, target.scatter_(1, labels[:, None], self.positive))

        return mse


class Map(Loss):
    """The maximum a posteriori criterion, equation 9 of LeCun et al. 1998, "Gradient-based learning".

    Outputs y are penalties, such as the distances of an `rbf` layer: the class with the smallest one is the answer. Of
    an image of class d the loss is ``y_d + log(exp(-j) + sum_i exp(-y_i))``. The first term pulls the right penalty
    down; the second pushes all others up, those the most that are small, and beside the constant `j` of a rubbish class
    it lets go of penalties that are large already.
    """

    key: ClassVar[str] = "map"

    j: float = Field(0.1, gt=0)

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        import torch

        def criterion(outputs: Tensor, labels: Tensor) -> Tensor:
            right = outputs.gather(1, labels[:, None]).squeeze(1)
            classes = torch.logsumexp(-outputs, 1)
            return (right + torch.logaddexp(classes, torch.full_like(classes, -self.j))).mean()

        return criterion

    def predict(self, outputs: Tensor) -> Tensor:
        """The class with the smallest penalty."""
        return outputs.argmin(1)
