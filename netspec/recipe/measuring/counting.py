"""Counting on the device: what torchmetrics has no exact or unhurried form of. Imports torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torchmetrics
from torch import Tensor

Parts = tuple[Tensor, Tensor | int]
"""Numerator and denominator of a batch."""


class Quotient(torchmetrics.Metric):
    """A sum over a sum: of hits over examples, of errors over values.

    In double precision, so that the shares of an epoch are exact; and in the same memory throughout, so that a step
    that was captured as a CUDA graph can be replayed.
    """

    full_state_update = False
    numerator: Tensor
    denominator: Tensor

    def __init__(self, parts: Callable[[Tensor, Tensor], Parts]) -> None:
        super().__init__(compute_with_cache=False)  # what a replayed graph counts, torchmetrics does not see
        self.parts = parts
        for name in ("numerator", "denominator"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        self.count(outputs, targets)

    def count(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch without the bookkeeping of torchmetrics, which takes several times as long as this."""
        if not self._update_count:
            self._update_count = 1
        above, below = self.parts(outputs, targets)
        self.numerator.add_(above)
        self.denominator.add_(below)

    def compute(self) -> Tensor:
        """The quotient; nan where nothing was counted."""
        return self.numerator / self.denominator

    def reset(self) -> None:
        """To zero, where they are."""
        numerator, denominator = self.numerator, self.denominator
        super().reset()
        self.numerator, self.denominator = numerator.zero_(), denominator.zero_()


def hits(scores: Tensor, labels: Tensor, ignore_index: int | None) -> Parts:
    """Right answers, and answers, of scores [N, classes, ...] and labels [N, ...]."""
    right = scores.argmax(1) == labels
    return _among(right, labels, ignore_index)


def misses(scores: Tensor, labels: Tensor, k: int, ignore_index: int | None) -> Parts:
    """Labels that are not among the `k` highest scores, and labels."""
    found = (scores.topk(k, dim=1).indices == labels.unsqueeze(1)).any(1)
    return _among(~found, labels, ignore_index)


def _among(counted: Tensor, labels: Tensor, ignore_index: int | None) -> Parts:
    """How many are counted, and of how many, without the ignored."""
    if ignore_index is None:
        return counted.sum(), labels.numel()
    kept = labels != ignore_index
    return (counted & kept).sum(), kept.sum()


def absolute(outputs: Tensor, targets: Tensor) -> Parts:
    """The sum of absolute differences, and how many there are."""
    return (outputs - targets).abs().sum(), outputs.numel()


def squared(outputs: Tensor, targets: Tensor) -> Parts:
    """The sum of squared differences, and how many there are."""
    return (outputs - targets).square().sum(), outputs.numel()


class SignalToNoise(Quotient):
    """10 log10 of the squared range of the targets seen, over the mean squared error; in dB."""

    lowest: Tensor
    highest: Tensor

    def __init__(self) -> None:
        super().__init__(squared)
        self.add_state("lowest", torch.tensor(torch.inf, dtype=torch.float64), dist_reduce_fx="min")
        self.add_state("highest", torch.tensor(-torch.inf, dtype=torch.float64), dist_reduce_fx="max")

    def count(self, outputs: Tensor, targets: Tensor) -> None:
        super().count(outputs, targets)
        low, high = targets.aminmax()
        self.lowest.copy_(torch.minimum(self.lowest, low))
        self.highest.copy_(torch.maximum(self.highest, high))

    def compute(self) -> Tensor:
        """In dB; infinite where there is no error."""
        return 10 * ((self.highest - self.lowest).square() / super().compute()).log10()
