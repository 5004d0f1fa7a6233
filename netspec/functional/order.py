"""The order in which a run sees the images."""

from __future__ import annotations

import torch
from torch import Tensor

_APART = 1_000_003
"""A prime, so that the epochs of neighbouring seeds do not share their orders."""


def epoch_order(size: int, seed: int, epoch: int) -> Tensor:
    """The order of an epoch's images, [size] int64 on the CPU; epochs count from 0."""
    return torch.randperm(size, generator=order_generator(seed, epoch))


def order_generator(seed: int, epoch: int) -> torch.Generator:
    """The chance of an epoch's order; torch's generator on the CPU takes 32 bits."""
    return torch.Generator().manual_seed((seed + _APART * epoch) % 2**32)
