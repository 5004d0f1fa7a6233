"""Images mixed with others of their batch, and their targets alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from netspec.functional.augment.recolouring import within

Mix = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""Images [B, C, H, W], targets, indices of partners [B], and numbers."""


def mixup(
    images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor, alpha: float
) -> tuple[Tensor, Tensor]:
    """The weighted mean of two images and of their targets (arXiv:1710.09412)."""
    ratio = beta(draws[:, 0], alpha).to(images.device, non_blocking=True)
    return (
        mean_of(images, images[partners], ratio),
        mean_of(targets, targets[partners], ratio),
    )


def cutmix(
    images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor, alpha: float
) -> tuple[Tensor, Tensor]:
    """A rectangle of another image; targets by the areas (arXiv:1905.04899)."""
    height, width = images.shape[2:]
    side = (1 - beta(draws[:, 0], alpha)).sqrt()
    down, across = (draws[:, 1] * height).floor(), (draws[:, 2] * width).floor()
    tall, wide = (side * height / 2).floor(), (side * width / 2).floor()
    box = torch.stack([down - tall, down + tall, across - wide, across + wide])
    box[:2].clamp_(0, height)
    box[2:].clamp_(0, width)
    area = (box[1] - box[0]) * (box[3] - box[2])
    ratio = (1 - area / (height * width)).to(images.device, non_blocking=True)
    inside = within(box.to(images.device, non_blocking=True), height, width)
    mixed = torch.where(inside, images[partners], images)
    return mixed, mean_of(targets, targets[partners], ratio)


def beta(draws: Tensor, alpha: float) -> Tensor:
    """Uniform numbers [B] mapped to Beta(alpha, alpha), float32.

    The map is the inverse distribution function: one number makes one for any alpha.
    """
    from scipy.special import betaincinv  # type: ignore[import-untyped]

    found = betaincinv(alpha, alpha, draws.double().numpy())
    return torch.from_numpy(np.asarray(found)).float()


def with_partners(size: int, share: slice) -> Tensor:
    """The rows of a global batch that a process loads, where images are mixed.

    Its own rows come first, then their partners that are not among them.
    """
    own = torch.arange(size)[share]
    partners = (own + size // 2) % size
    return torch.cat([own, partners[~torch.isin(partners, own)]])


def partners_of(positions: Tensor, size: int) -> Tensor:
    """The index, in a process's batch, of the partner of each row.

    A row that was loaded for another is its own partner.
    """
    places = torch.full((size,), -1)
    places[positions] = torch.arange(len(positions))
    partners = places[(positions + size // 2) % size]
    return torch.where(partners < 0, torch.arange(len(positions)), partners)


def mixed(
    images: Tensor,
    targets: Tensor,
    draws: Tensor,
    positions: Tensor,
    share: slice,
    size: int,
    mix: Mix,
    classes: int,
) -> tuple[Tensor, Tensor]:
    """The process's own images and targets, each mixed with its partner's.

    Args:
        images: Those at `positions`, [B, C, H, W].
        targets: Their targets.
        draws: Their numbers for `mix`, [B, K].
        positions: As `with_partners` gives them.
        share: The process's own rows of the global batch.
        size: Rows of the global batch.
        mix: The way to mix them; a lone image stays.
        classes: Their number; 0 where targets are no classes.
    """
    targets = soft(targets, classes)
    if size > 1:
        partners = partners_of(positions, size).to(images.device, non_blocking=True)
        images, targets = mix(images.float(), targets, partners, draws)
    own = len(range(*share.indices(size)))
    return images[:own], targets[:own]


def soft(targets: Tensor, classes: int) -> Tensor:
    """Targets that can be mixed: probabilities [B, classes] in place of classes [B]."""
    if targets.is_floating_point():
        return targets
    return F.one_hot(targets, classes).float()


def mean_of(first: Tensor, second: Tensor, ratio: Tensor) -> Tensor:
    """The mean of two tensors [B, ...], the first weighed by ratios [B]."""
    ratio = ratio.view(-1, *[1] * (first.ndim - 1))
    return first * ratio + second * (1 - ratio)
