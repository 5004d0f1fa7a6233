"""The probabilities that scores of classes tell, and figures of this confidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from netspec.functional.figures import Metric
from netspec.functional.of_classes import answered
from netspec.functional.ranking import Ranking, area_of, by_column

THRESHOLDS = 200
"""Steps of confidence, from 0 to 1, by which a ROC curve is counted."""


def softmax(scores: Tensor) -> Tensor:
    """Probabilities of classes that exclude each other, of scores [N, classes, ...]."""
    return scores.softmax(1)


def posterior(scores: Tensor, j: float) -> Tensor:
    """Probabilities beside a rubbish class of the score -j, which has the rest.

    Equation 9 of LeCun et al. 1998, of scores [N, classes, ...].
    """
    classes = torch.logsumexp(scores, 1, keepdim=True)
    return (scores - torch.logaddexp(classes, torch.full_like(classes, -j))).exp()


def place_between(scores: Tensor, positive: float, negative: float) -> Tensor:
    """The places of scores between the targets of other classes and the right one."""
    return ((scores - negative) / (positive - negative)).clamp(0, 1)


class AreaUnderCurve(Ranking):
    """The area under the ROC curve of each class against all others; their mean.

    The curve is that of the probabilities that `told` makes of scores; of more than
    are kept, it has a point for each of 200 thresholds.
    """

    def __init__(
        self,
        classes: int,
        ignore_index: int | None = None,
        told: Callable[[Tensor], Tensor] = softmax,
    ) -> None:
        none = torch.zeros(classes, THRESHOLDS, dtype=torch.float64)
        super().__init__(own=none, all=none)
        self.ignore_index, self.told = ignore_index, told

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        _, labels, kept = answered(outputs, targets, self.ignore_index)
        told = self.told(outputs.float())
        confidence = told.movedim(1, -1).reshape(len(labels), -1)
        steps = torch.linspace(0, 1, THRESHOLDS, device=confidence.device)
        reached = torch.bucketize(confidence.contiguous(), steps[1:], right=True)
        classes = torch.arange(outputs.shape[1], device=confidence.device)
        truths = (classes == labels[:, None]).to(torch.int8)
        self.keep(confidence, truths.where(kept[:, None], -1))
        cells, each = classes * THRESHOLDS + reached, kept.double()
        own = cells.gather(1, labels[:, None]).flatten()
        self.counts["own"].view(-1).index_add_(0, own, each)
        rows = each[:, None].expand_as(cells).flatten()
        self.counts["all"].view(-1).index_add_(0, cells.flatten(), rows)

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean area over classes of which there are examples and others."""
        if ranked := self.ranked(counts):
            return by_column(area_of, ranked).nanmean()
        own, others = counts["own"], counts["all"] - counts["own"]
        right, wrong = (reaching(each) for each in (own, others))
        known = (own.sum(1) > 0) & (others.sum(1) > 0)
        return torch.trapezoid(right[known], wrong[known]).mean()


def reaching(numbers: Tensor) -> Tensor:
    """The share of each row that reaches a step or one above; from none to all."""
    sums = numbers.flip(1).cumsum(1)
    return torch.nn.functional.pad(sums / sums[:, -1:], (1, 0))


class CalibrationError(Metric):
    """The distance of confidence from accuracy, averaged over bins of confidence.

    The confidence is the highest of the probabilities that `told` makes of scores.
    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    """

    def __init__(
        self,
        bins: int,
        ignore_index: int | None = None,
        told: Callable[[Tensor], Tensor] = softmax,
    ) -> None:
        none = torch.zeros(bins, dtype=torch.float64)
        number = torch.zeros((), dtype=torch.float64)
        super().__init__(excess=none, number=number)
        self.ignore_index, self.told = ignore_index, told

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        answers, labels, kept = answered(outputs, targets, self.ignore_index)
        confidence = self.told(outputs).amax(1).flatten().double()
        excess = self.counts["excess"]
        bins = (confidence * len(excess)).long().clamp(max=len(excess) - 1)
        excess.index_add_(0, bins, kept * (confidence - (answers == labels).double()))
        self.counts["number"].add_(kept.sum())

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean distance; a fraction."""
        return counts["excess"].abs().sum() / counts["number"]
