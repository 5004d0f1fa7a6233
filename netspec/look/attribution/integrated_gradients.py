"""Integrated gradients: a score's rise from a baseline to an image, split among its pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.look.attribution.score import Score, at_once, gradient


def integrated_gradients(score: Score, images: Tensor, baseline: Tensor | float = 0.0, steps: int = 64) -> Tensor:
    """``(x - b) integral_0^1 dS(b + a (x - b)) / dx da``, [N, C, H, W], signed.

    It adds up to ``S(x) - S(b)``, but for the sum that stands for the integral: its points are the middles of `steps`
    equal parts. Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", 2017, equation 1: a black image
    as baseline there, and 20 to 300 steps.

    Args:
        score: The score of a class.
        images: [N, C, H, W].
        baseline: What an image without anything is, [C, H, W], [C, 1, 1] or a number, in the network's units.
        steps: Points on the way from it to the image.
    """
    way = images - baseline
    total = torch.zeros_like(images)
    for few in ((torch.arange(steps).to(images) + 0.5) / steps).split(at_once(images)):
        points = baseline + few.view(-1, 1, 1, 1, 1) * way
        total += gradient(score, points.flatten(0, 1)).view_as(points).sum(0)
    return way * total / steps
