"""How alike two maps are: by the ranks of their numbers, and by their structure."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

_WINDOW = 7
"""Side of the windows in which structure is compared, as scikit-image has it."""


def rank_correlation(first: Tensor, second: Tensor) -> float | None:
    """Spearman's correlation of two maps' numbers, from -1 to 1: 0 of unrelated ones.

    It is Pearson's of the ranks; equal numbers share their mean rank. None where a map is constant or not finite.
    """
    if not _comparable(first, second):
        return None
    one, other = (_ranks(each.flatten()) for each in (first, second))
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / (one.norm() * other.norm()))


def structural_similarity(first: Tensor, second: Tensor) -> float | None:
    """SSIM of two maps [H, W], each brought to 0 to 1 by its own least and largest number; at most 1.

    Wang et al., "Image quality assessment", 2004, equation 13, the mean over windows of 7x7 pixels, which smaller maps
    have none of: then it is over the whole. None where a map is constant or not finite.
    """
    if not _comparable(first, second):
        return None
    one, other = ((each.double() - each.min()) / (each.max() - each.min()) for each in (first, second))
    window = [min(_WINDOW, size) for size in one.shape]
    count = window[0] * window[1]

    def mean(values: Tensor) -> Tensor:
        return F.avg_pool2d(values[None, None], window, stride=1)

    (a, b), unbiased = (mean(one), mean(other)), count / max(1, count - 1)
    spread = unbiased * (mean(one * one) - a * a + mean(other * other) - b * b)
    shared = unbiased * (mean(one * other) - a * b)
    small, smaller = 0.01**2, 0.03**2
    found = (2 * a * b + small) * (2 * shared + smaller) / ((a * a + b * b + small) * (spread + smaller))
    return float(found.mean())


def _comparable(*maps: Tensor) -> bool:
    return all(bool(each.isfinite().all()) and float(each.min()) < float(each.max()) for each in maps)


def _ranks(values: Tensor) -> Tensor:
    """The rank of each number from 1, float64; equal numbers have their mean rank."""
    _, places, counts = values.unique(return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    ranks: Tensor = (ends - (counts - 1) / 2)[places]
    return ranks
