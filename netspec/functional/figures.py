"""The figures of a round over examples: the mean loss, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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


class Metric:
    """A counter of one figure.

    Counts change in place, so that a step that was captured as a CUDA graph can be
    replayed, and processes add up theirs; the figure is a function of them alone.

    Attributes:
        start: The counts of no batch, by name.
        counts: The counts so far, on the device.
    """

    def __init__(self, **start: Tensor) -> None:
        self.start = start
        self.counts = {name: count.clone() for name, count in start.items()}

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        raise NotImplementedError

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The figure that counts come to, a scalar; nan where nothing was counted."""
        raise NotImplementedError

    def to(self, device: torch.device) -> None:
        """Count on a device."""
        self.counts = {name: count.to(device) for name, count in self.counts.items()}

    def reset(self) -> None:
        """Begin anew, in the same memory."""
        for name, count in self.counts.items():
            count.copy_(self.start[name])

    def added_up(self) -> dict[str, Tensor]:
        """The counts of all processes together; each of them must ask."""
        found = {name: count.clone() for name, count in self.counts.items()}
        for count in found.values():
            dist.all_reduce(count)
        return found


class Quotient(Metric):
    """A quotient of sums, such as hits over answers; exact, in double precision."""

    def __init__(
        self, parts: Callable[[Tensor, Tensor], Parts], **start: Tensor
    ) -> None:
        zero = torch.zeros((), dtype=torch.float64)
        super().__init__(numerator=zero, denominator=zero, **start)
        self.parts = parts

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        above, below = self.parts(outputs, targets)
        self.counts["numerator"].add_(above)
        self.counts["denominator"].add_(below)

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The quotient."""
        return counts["numerator"] / counts["denominator"]


def mean_loss() -> Metric:
    """The counter of a loss, of which it takes a batch's mean and that one's weight."""
    return Quotient(lambda loss, weight: (loss * weight, weight))


class Figures:
    """The mean loss of a round and its metrics, counted on a device."""

    def __init__(
        self, metrics: Mapping[str, Callable[[], Metric]], device: torch.device
    ) -> None:
        self.loss = mean_loss()
        self.metrics = {name: make() for name, make in metrics.items()}
        self.counted = {"loss": self.loss, **self.metrics}
        for metric in self.counted.values():
            metric.to(device)

    def update(
        self,
        outputs: Tensor,
        targets: Tensor,
        loss: Tensor,
        weight: Tensor | int | None = None,
    ) -> None:
        """Count a batch and its mean loss.

        The latter counts by the `weight` of the batch, or else by its rows.
        """
        rows = len(targets) if weight is None else weight
        self.loss.update(loss.detach().double(), torch.as_tensor(rows))
        for metric in self.metrics.values():
            metric.update(outputs, targets)

    def share(self) -> None:
        """Add up the counts of all processes."""
        for metric in self.counted.values():
            metric.counts = metric.added_up()

    def values(self) -> dict[str, float]:
        """All figures by name, the loss first."""
        found = {name: each.figure(each.counts) for name, each in self.counted.items()}
        return read(found)


def read(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """Scalars of a device as numbers; the device is waited for once."""
    values = torch.stack([each.double().reshape(()) for each in figures.values()])
    return dict(zip(figures, values.tolist(), strict=True))
