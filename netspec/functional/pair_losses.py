"""Losses of two outputs of a network. Each is a batch's mean, a scalar."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def normal_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """The divergence of N(mean, exp(log_variance)) from N(0, 1), in nats.

    It is summed over the numbers [N, ...] of an example: half the sum of
    exp(l) + m² - 1 - l (Kingma and Welling 2014, arXiv:1312.6114, appendix B).
    """
    each = log_variance.exp() + mean.square() - 1 - log_variance
    return each.flatten(1).sum(1).mean() / 2


def contrastive(left: Tensor, right: Tensor, temperature: float | None) -> Tensor:
    """The cross-entropy of each row's own partner among all of the batch, both ways.

    Scores are the cosines of [N, features] over the temperature (arXiv:2103.00020), or
    without one the products of rows as they are.
    """
    if temperature is None:
        scores = left @ right.T
    else:
        cosines = F.normalize(left, dim=1) @ F.normalize(right, dim=1).T
        scores = cosines / temperature
    own = torch.arange(len(scores), device=scores.device)
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def nt_xent(left: Tensor, right: Tensor, temperature: float) -> Tensor:
    """The cross-entropy of each view's partner among the other views of the batch.

    Of N examples there are 2 N views, each against 2 N - 1 (arXiv:2002.05709).
    """
    views = F.normalize(torch.cat([left, right]), dim=1)
    scores = (views @ views.T / temperature).fill_diagonal_(float("-inf"))
    count = len(left)
    own = torch.arange(2 * count, device=scores.device).roll(count)
    return F.cross_entropy(scores, own)


def contrastive_pair(
    left: Tensor, right: Tensor, targets: Tensor, margin: float
) -> Tensor:
    """Half the squared distance of a pair that belongs together, target 1.

    Of others, target 0, it is half the square of what the distance lacks of the margin
    (Hadsell, Chopra and LeCun 2006, equation 4).
    """
    squares = (left - right).flatten(1).square().sum(1)
    # The root has no slope at 0, where pairs that are alike stand.
    apart = squares.clamp_min(torch.finfo(squares.dtype).tiny).sqrt()
    same = targets.reshape(len(targets)).to(squares.dtype)
    lacking = (margin - apart).clamp_min(0).square()
    return (same * squares + (1 - same) * lacking).mean() / 2
