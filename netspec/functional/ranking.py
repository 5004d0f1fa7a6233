"""Figures of how scores rank examples: exact, or by steps of many scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.functional.figures import Metric

MOST_KEPT = 10_000_000
"""Scores of a round that are kept, of all processes together: 50 MB."""


class Ranking(Metric):
    """Base of figures of ranks: of scores themselves, or where they are many of steps.

    Its counts `own` and `all` are [columns, steps]. Scores are kept beside the counts
    while there are no more than `MOST_KEPT`. They tell the figure if they are all that
    was counted; else the counts do, by steps.
    """

    def __init__(self, **start: Tensor) -> None:
        super().__init__(seen=torch.zeros((), dtype=torch.float64), **start)
        self.kept: list[tuple[Tensor, Tensor]] = []
        self.room = MOST_KEPT
        self.gathered: tuple[Tensor, Tensor] | None = None

    def keep(self, scores: Tensor, truths: Tensor) -> None:
        """Keep the scores [N, columns] of a batch, while there is room.

        Truths are 1 for what is of a column, 0 for others, and -1 for what is left out.
        """
        self.counts["seen"].add_(scores.numel())
        self.gathered = None
        together = dist.get_world_size() if is_shared() else 1
        self.room -= scores.numel() * together
        if self.room < 0:
            self.kept = []
        else:
            found = scores.detach().float().nan_to_num(float("-inf"), torch.inf)
            self.kept.append((found, truths.to(torch.int8)))

    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        self.kept, self.room, self.gathered = [], MOST_KEPT, None

    def added_up(self) -> dict[str, Tensor]:
        """The counts of all processes, whose scores come together, too."""
        found = super().added_up()
        own = self.own()
        size = self.counts["seen"].new_tensor([-1 if own is None else len(own[0])])
        sizes = [torch.zeros_like(size) for _ in range(dist.get_world_size())]
        dist.all_gather(sizes, size)
        rows = [int(each) for each in sizes]
        if own is not None and min(rows) >= 0 and max(rows) > 0:
            pairs = [gathered(each, rows) for each in own]
            self.gathered = pairs[0], pairs[1]
        return found

    def own(self) -> tuple[Tensor, Tensor] | None:
        """The scores and truths of this process; None where there is no room."""
        if self.room < 0:
            return None
        if not self.kept:
            none = self.counts["all"].new_zeros(0, len(self.counts["all"]))
            return none.float(), none.to(torch.int8)
        scores, truths = zip(*self.kept, strict=True)
        return torch.cat(scores), torch.cat(truths)

    def ranked(self, counts: Mapping[str, Tensor]) -> tuple[Tensor, Tensor] | None:
        """The scores and truths of all that was counted; None if not all are kept."""
        found = self.gathered or self.own()
        if found is None or found[0].numel() != int(counts["seen"]):
            return None
        return found


def is_shared() -> bool:
    """Whether several processes count."""
    return dist.is_available() and dist.is_initialized()


def gathered(part: Tensor, rows: list[int]) -> Tensor:
    """The parts of all processes, which have so many rows, one after the other."""
    padded = part.new_zeros(max(rows), part.shape[1])
    padded[: len(part)] = part
    found = [torch.empty_like(padded) for _ in rows]
    dist.all_gather(found, padded)
    pairs = zip(found, rows, strict=True)
    return torch.cat([each[:count] for each, count in pairs])


def by_column(
    figure: Callable[[Tensor, Tensor], Tensor], ranked: tuple[Tensor, Tensor]
) -> Tensor:
    """The figure of each column of scores and truths [N, columns]."""
    pairs = zip(*(each.unbind(1) for each in ranked), strict=True)
    return torch.stack([figure(*pair) for pair in pairs])


def area_of(scores: Tensor, truths: Tensor) -> Tensor:
    """The area under the ROC curve of scores [N]; nan where all are alike.

    It is the share of pairs of one of each kind that are ranked rightly; of two alike
    scores one half (Mann and Whitney 1947).
    """
    own, others = scores[truths == 1], scores[truths == 0].sort().values
    below = torch.searchsorted(others, own)
    up_to = torch.searchsorted(others, own, right=True)
    pairs = below.double().sum() + up_to.double().sum()
    return pairs / 2 / torch.tensor(float(len(own) * len(others)), device=pairs.device)


def precision_of(scores: Tensor, truths: Tensor) -> Tensor:
    """The average precision of scores [N]: nan where none is of the kind.

    It is the mean, over those of the kind, of the share of the kind among all that
    score as high.
    """
    own, told = scores[truths == 1], scores[truths >= 0].sort().values
    right = len(own) - torch.searchsorted(own.sort().values, own)
    reached = len(told) - torch.searchsorted(told, own)
    return (right.double() / reached).mean()
