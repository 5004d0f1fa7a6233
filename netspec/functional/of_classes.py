"""Figures of classes: from the numbers of right answers, of answers and of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from netspec.functional.figures import Metric

Numbers = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A figure of each class's right answers, answers and labels; scalar."""


def precision(right: Tensor, answers: Tensor, labels: Tensor) -> Tensor:
    """The mean share of a class's answers that are right."""
    return mean_of_seen(right / answers, answers + labels)


def recall(right: Tensor, answers: Tensor, labels: Tensor) -> Tensor:
    """The mean share of a class that is answered so."""
    return mean_of_seen(right / labels, answers + labels)


def f1(right: Tensor, answers: Tensor, labels: Tensor) -> Tensor:
    """The mean of the harmonic means of precision and recall."""
    return mean_of_seen(2 * right / (answers + labels), answers + labels)


def iou(
    right: Tensor, answers: Tensor, labels: Tensor, ignore_index: int | None = None
) -> Tensor:
    """The mean of intersection over union; without the ignored class, if it is one."""
    shares, seen = right / (answers + labels - right), answers + labels
    if ignore_index is not None and 0 <= ignore_index < len(seen):
        others = torch.arange(len(seen), device=seen.device) != ignore_index
        shares, seen = shares[others], seen[others]
    return mean_of_seen(shares, seen)


def mean_of_seen(shares: Tensor, seen: Tensor) -> Tensor:
    """The mean over classes that occur; a share of nothing counts as 0."""
    return torch.where(seen > 0, shares.nan_to_num(0.0), 0.0).sum() / (seen > 0).sum()


def cohen_kappa(right: Tensor, answers: Tensor, labels: Tensor) -> Tensor:
    """Agreement beyond chance: 1 less the wrong answers over those by chance."""
    number = labels.sum()
    by_chance = number - (answers * labels).sum() / number
    return 1 - (number - right.sum()) / by_chance


def matthews(right: Tensor, answers: Tensor, labels: Tensor) -> Tensor:
    """Matthews' correlation of answers and labels; 0 where either never changes."""
    number = labels.sum()
    shared = right.sum() * number - (answers * labels).sum()
    spreads = [number.square() - each.square().sum() for each in (answers, labels)]
    divisor = spreads[0].sqrt() * spreads[1].sqrt()
    return torch.where((divisor == 0) & (number > 0), 0.0, shared / divisor)


class OfClasses(Metric):
    """A figure of scores [N, classes, ...] and labels [N, ...], counted by class."""

    def __init__(
        self, figure: Numbers, classes: int, ignore_index: int | None = None
    ) -> None:
        none = torch.zeros(classes, dtype=torch.float64)
        super().__init__(right=none, answers=none, labels=none)
        self.of_numbers, self.ignore_index = figure, ignore_index

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        answers, labels, kept = answered(outputs, targets, self.ignore_index)
        kept = kept.double()
        self.counts["answers"].index_add_(0, answers, kept)
        self.counts["labels"].index_add_(0, labels, kept)
        self.counts["right"].index_add_(0, labels, kept * (answers == labels))

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The figure of the classes."""
        return self.of_numbers(counts["right"], counts["answers"], counts["labels"])


class Confusion(Metric):
    """The matrix of examples by their class (rows) and the answered class (columns)."""

    def __init__(self, classes: int, ignore_index: int | None = None) -> None:
        super().__init__(matrix=torch.zeros(classes, classes, dtype=torch.int64))
        self.ignore_index = ignore_index

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        answers, labels, kept = answered(outputs, targets, self.ignore_index)
        matrix = self.counts["matrix"]
        matrix.view(-1).index_add_(0, labels * len(matrix) + answers, kept.long())

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The matrix itself, [classes, classes]."""
        return counts["matrix"]


def answered(
    outputs: Tensor, targets: Tensor, ignore_index: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Answers, labels (0 where ignored) and whether these count, each in a row."""
    answers, labels = outputs.argmax(1).flatten(), targets.flatten().long()
    if ignore_index is None:
        return answers, labels, torch.ones_like(labels, dtype=torch.bool)
    kept = labels != ignore_index
    return answers, labels.where(kept, 0), kept
