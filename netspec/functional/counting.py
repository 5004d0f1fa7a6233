"""Figures counted batch by batch: a numerator and a denominator."""

from __future__ import annotations

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
