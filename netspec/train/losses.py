"""Losses. A new one is a class here and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.train.parts import Part

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Part):
    """Base of all losses."""

    family: ClassVar[str] = "loss"

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The function of outputs [N, classes] and labels [N] that gives the batch's mean, a scalar."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """Cross-entropy of the softmax of the outputs, in nats; the network ends in logits, without a softmax."""

    key: ClassVar[str] = "cross_entropy"

    label_smoothing: float = Field(0.0, ge=0, lt=1)

    def make(self) -> Callable[[Tensor, Tensor], Tensor]:
        from torch import nn

        return nn.CrossEntropyLoss(label_smoothing=self.label_smoothing)
