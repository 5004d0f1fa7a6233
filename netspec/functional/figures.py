"""The figures of a round over examples: the mean loss, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
import torch.distributed as dist
from torch import Tensor

Parts = tuple[Tensor, Tensor | int]
"""Numerator and denominator."""


def hits(scores: Tensor, labels: Tensor) -> Parts:
    """Right answers, and answers, of scores [N, classes, ...] and labels [N, ...]."""
    return (scores.argmax(1) == labels).sum(), labels.numel()


def hits_of_kept(scores: Tensor, labels: Tensor, ignore_index: int) -> Parts:
    """The counts of `hits` without the ignored labels."""
    kept = labels != ignore_index
    return ((scores.argmax(1) == labels) & kept).sum(), kept.sum()


def misses(scores: Tensor, labels: Tensor, k: int) -> Parts:
    """Labels that are not among the `k` highest scores, and labels."""
    return (~is_among(scores, labels, k)).sum(), labels.numel()


def misses_of_kept(scores: Tensor, labels: Tensor, k: int, ignore_index: int) -> Parts:
    """The counts of `misses` without the ignored labels."""
    kept = labels != ignore_index
    return (~is_among(scores, labels, k) & kept).sum(), kept.sum()


def is_among(scores: Tensor, labels: Tensor, k: int) -> Tensor:
    """Whether labels are among the `k` highest scores, [N, ...]."""
    return (scores.topk(k, dim=1).indices == labels.unsqueeze(1)).any(1)


def absolute(outputs: Tensor, targets: Tensor) -> Parts:
    """The sum of absolute differences, and how many there are."""
    return (outputs - targets).abs().sum(), outputs.numel()


def squared(outputs: Tensor, targets: Tensor) -> Parts:
    """The sum of squared differences, and how many there are."""
    return (outputs - targets).square().sum(), outputs.numel()


class Metric(Protocol):
    """A counter of one figure, with the methods of torchmetrics."""

    def update(self, outputs: Tensor, targets: Tensor, /) -> object:
        """Count a batch."""

    def compute(self) -> Tensor:
        """The figure of all that was counted, a scalar."""


class Quotient:
    """A quotient of sums, such as hits over answers; exact, in double precision."""

    def __init__(self, parts: Callable[[Tensor, Tensor], Parts]) -> None:
        self.parts = parts
        self.sums = torch.zeros(2, dtype=torch.float64)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        self.sums = self.sums.to(outputs.device)
        above, below = self.parts(outputs, targets)
        self.sums[0] += above
        self.sums[1] += below

    def compute(self) -> Tensor:
        """The quotient."""
        return self.sums[0] / self.sums[1]


class SignalToNoise(Quotient):
    """10 log10 of the squared range of the targets over the mean squared error; dB."""

    def __init__(self) -> None:
        super().__init__(squared)
        self.lowest, self.highest = torch.tensor(torch.inf), torch.tensor(-torch.inf)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        super().update(outputs, targets)
        low, high = targets.aminmax()
        self.lowest = torch.minimum(self.lowest.to(low.device), low)
        self.highest = torch.maximum(self.highest.to(high.device), high)

    def compute(self) -> Tensor:
        """The ratio in dB; infinite where there is no error."""
        span = (self.highest - self.lowest).double()
        return 10 * (span.square() / super().compute()).log10()


class Figures:
    """The mean loss of a round and its metrics, counted on the device."""

    def __init__(self, metrics: Mapping[str, Callable[[], Metric]]) -> None:
        self.metrics = {name: make() for name, make in metrics.items()}
        self.loss = Quotient(lambda loss, rows: (loss * len(rows), len(rows)))

    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor) -> None:
        """Count a batch and its mean loss."""
        self.loss.update(loss.detach().double(), targets)
        for metric in self.metrics.values():
            metric.update(outputs, targets)

    def share(self) -> None:
        """Add up the counts of all processes."""
        for figure in (self.loss, *self.metrics.values()):
            if isinstance(figure, Quotient):
                dist.all_reduce(figure.sums)

    def values(self) -> dict[str, float]:
        """All figures by name, the loss first."""
        found = {"loss": self.loss, **self.metrics}
        return {name: float(figure.compute()) for name, figure in found.items()}
