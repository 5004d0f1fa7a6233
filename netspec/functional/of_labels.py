"""Figures of labels of which an example may have several, told by a logit each."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from netspec.functional.figures import Metric
from netspec.functional.ranking import Ranking, by_column, precision_of

LOGIT_STEPS, HIGHEST = 4096, 16.0
"""Steps of the logit, from -16 to 16, by which average precision is counted."""


class LabelF1(Metric):
    """The harmonic mean of precision and recall, averaged over labels that occur.

    Outputs and targets are [N, labels]; a label is told where its logit is above 0.
    """

    def __init__(self, labels: int) -> None:
        none = torch.zeros(labels, dtype=torch.float64)
        super().__init__(right=none, answers=none, labels=none)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        told, true = outputs > 0, targets > 0.5
        self.counts["right"].add_((told & true).sum(0))
        self.counts["answers"].add_(told.sum(0))
        self.counts["labels"].add_(true.sum(0))

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean over labels that occur; nan where none does."""
        return self.each(counts)["f1"].nanmean()

    def each(self, counts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The figures of each label, [labels]; nan where there is nothing to tell."""
        right, answers, labels = counts["right"], counts["answers"], counts["labels"]
        return {
            "examples": labels,
            "precision": right / answers,
            "recall": right / labels,
            "f1": torch.where(labels > 0, 2 * right / (answers + labels), torch.nan),
        }


class AveragePrecision(Ranking):
    """The precision at each threshold, weighted by what recall gains there.

    Its mean over labels that occur. Of more logits than are kept, those of one step,
    1/128, count as equal.
    """

    def __init__(self, labels: int) -> None:
        none = torch.zeros(labels, LOGIT_STEPS, dtype=torch.float64)
        super().__init__(own=none, all=none)

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch."""
        self.keep(outputs, targets > 0.5)
        steps = (outputs.float() + HIGHEST) * (LOGIT_STEPS / (2 * HIGHEST))
        reached = steps.nan_to_num(0.0).clamp(0, LOGIT_STEPS - 1).long()
        labels = torch.arange(outputs.shape[1], device=outputs.device)
        cells = (labels * LOGIT_STEPS + reached).flatten()
        true = (targets > 0.5).double().flatten()
        self.counts["own"].view(-1).index_add_(0, cells, true)
        self.counts["all"].view(-1).index_add_(0, cells, torch.ones_like(true))

    def figure(self, counts: Mapping[str, Tensor]) -> Tensor:
        """The mean over labels that occur."""
        return self.each(counts)["average_precision"].nanmean()

    def each(self, counts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The figure of each label, [labels]; nan of one that does not occur."""
        if ranked := self.ranked(counts):
            return {"average_precision": by_column(precision_of, ranked)}
        own, told = counts["own"].flip(1), counts["all"].flip(1)
        right, gained = own.cumsum(1), own / own.sum(1, keepdim=True)
        found = (right / told.cumsum(1)).nan_to_num(0.0)
        return {"average_precision": (found * gained).sum(1)}
