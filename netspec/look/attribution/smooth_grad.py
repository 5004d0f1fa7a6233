"""SmoothGrad: the gradient's mean around an image."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.look.attribution.score import Score, at_once, gradient


def smooth_grad(score: Score, images: Tensor, samples: int = 50, noise: float = 0.15, seed: int = 0) -> Tensor:
    """``1/n sum dS(x + e) / dx`` with ``e ~ N(0, (noise (max x - min x))^2)``, [N, C, H, W], signed.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017: `noise` of 0.1 to 0.2 and 50 samples there.

    Args:
        score: The score of a class.
        images: [N, C, H, W].
        samples: The number n of noisy copies of each image.
        noise: Their standard deviation, as a share of the image's own range.
        seed: Draws the noise, the same on every device.
    """
    generator = torch.Generator().manual_seed(seed)
    sigma = noise * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))
    total = torch.zeros_like(images)
    each = at_once(images)
    for first in range(0, samples, each):
        copies = min(each, samples - first)
        drawn = torch.randn((copies, *images.shape), generator=generator).to(images)
        total += gradient(score, (images + sigma * drawn).flatten(0, 1)).view_as(drawn).sum(0)
    return total / samples
