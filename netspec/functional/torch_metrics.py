"""Metrics of torchmetrics, as a script counts by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torchmetrics
from torch import Tensor
from torchmetrics.wrappers.transformations import LambdaInputTransformer


class Counted:
    """A metric of torchmetrics, counted by one process and in double precision."""

    def __init__(self, make: Callable[..., torchmetrics.Metric]) -> None:
        self.metric = make(sync_on_compute=False).set_dtype(torch.float64)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        self.metric.to(outputs.device).update(outputs, targets)

    def compute(self) -> Tensor:
        """The figure of all that was counted."""
        found: Tensor = self.metric.compute()
        return found


def of_probabilities(
    make: Callable[..., torchmetrics.Metric], **options: Any
) -> torchmetrics.Metric:
    """A metric of the softmax of its inputs."""
    softmax = torch.nn.Softmax(1)
    return LambdaInputTransformer(make(**options), transform_pred=softmax)
