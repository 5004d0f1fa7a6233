"""t-SNE: points in the plane whose neighbours are those of the features.

van der Maaten and Hinton, "Visualizing data using t-SNE", 2008, with the gradients of all pairs: for the hundreds of
images of a figure they take a third of the time in which scikit-learn, which approximates them for many more, is
imported. Exaggeration and gains are those of van der Maaten's own program, the start and the rate those of Kobak and
Berens, "The art of using t-SNE for single-cell transcriptomics", 2019, and of Belkina et al., 2019.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

PERPLEXITY = 30.0
"""The number of neighbours that count for each point; fewer of few points."""
_EXAGGERATED, _STEPS = 100, 300
"""Steps in which attraction is exaggerated, and all steps: what more of them mend is not seen."""
_EXAGGERATION = 12.0
_MOMENTUM = 0.5, 0.8
"""The momentum while attraction is exaggerated, and after that."""
_HALVINGS = 25
"""Halvings in which the width of a neighbourhood is found."""
_START = 1e-4
"""The standard deviation of the points at the start."""


def embedded(features: Tensor, seed: int = 0) -> Tensor:
    """Points [N, 2], float64, for features [N, D] of three points or more; the seed draws where features have no plane.

    Args:
        features: Finite numbers; only their distances beside each other count.
        seed: Of the start of features that vary along one axis or none.
    """
    wanted = neighbours(features, min(PERPLEXITY, (len(features) - 1) / 3))
    points = _start(features, seed)
    exaggerated = _EXAGGERATION * wanted
    change, gains = torch.zeros_like(points), torch.ones_like(points)
    rate = max(len(points) / _EXAGGERATION / 4, 50.0)
    for step in range(_STEPS):
        early = step < _EXAGGERATED
        slope = _slope(exaggerated if early else wanted, points)
        gains = torch.where(change * slope < 0, gains + 0.2, gains * 0.8).clamp(min=0.01)
        change = _MOMENTUM[not early] * change - rate * gains * slope
        points = points + change
    return (points - points.mean(0)).double()


def neighbours(features: Tensor, perplexity: float) -> Tensor:
    """The joint probabilities [N, N] of pairs of features, float32: equations 1 and 3 of 2008, symmetric."""
    scaled = features.double() / features.abs().max().double().clamp(min=1e-30)
    apart = torch.cdist(scaled, scaled, compute_mode="donot_use_mm_for_euclid_dist").square()
    apart = (apart / apart.mean().clamp(min=1e-30)).float().fill_diagonal_(torch.inf)
    apart = apart - apart.amin(1, keepdim=True)  # the nearest has a share of its own, however far it is
    low, high = torch.full((len(apart), 1), -30.0), torch.full((len(apart), 1), 60.0)
    for _ in range(_HALVINGS):  # of the logarithm of the precision: the entropy falls as it rises
        middle = (low + high) / 2
        shares = torch.softmax(-apart * middle.exp(), 1)
        entropy = torch.special.entr(shares).sum(1, keepdim=True)
        wide = entropy > math.log(perplexity)
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    joint: Tensor = (shares + shares.T) / (2 * len(shares))
    return joint


def _start(features: Tensor, seed: int) -> Tensor:
    """The projection on two principal axes, made small; noise where there is no second one."""
    centred = features.double() - features.double().mean(0)
    left, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    if len(sizes) < 2 or sizes[1] <= 1e-9 * sizes[0]:
        noise: Tensor = torch.randn((len(features), 2), generator=torch.Generator().manual_seed(seed))
        return noise * _START
    points: Tensor = left[:, :2] * sizes[:2]
    points = points * torch.where(points.gather(0, points.abs().argmax(0, keepdim=True)) < 0, -1.0, 1.0)
    return (points * (_START / points[:, 0].std())).float()


def _slope(wanted: Tensor, points: Tensor) -> Tensor:
    """The gradient of the divergence from the points' own probabilities to the wanted ones: equation 5 of 2008.

    Each line is one pass over the pairs. The pair of a point with itself has the pull 0, whatever its weight.
    """
    squares, ones = points.square().sum(1, keepdim=True), torch.ones(len(points), 1)
    near = torch.cat([-2 * points, squares + 1, ones], 1) @ torch.cat([points, ones, squares], 1).T
    near.reciprocal_()
    pull = torch.add(wanted, near, alpha=-1 / (float(near.sum()) - len(points))).mul_(near)
    sums = pull @ torch.cat([points, ones], 1)
    return 4 * (sums[:, 2:] * points - sums[:, :2])


def divergence(wanted: Tensor, points: Tensor) -> float:
    """The Kullback-Leibler divergence that the points have left: equation 2 of 2008."""
    near = (torch.cdist(points.double(), points.double()).square() + 1).reciprocal().fill_diagonal_(0)
    own = (near / near.sum()).clamp(min=1e-300)
    wanted = wanted.double()
    return float((torch.special.xlogy(wanted, wanted) - wanted * own.log()).sum())
