"""The order in which a run sees the images."""

from __future__ import annotations

import torch
from torch import Tensor

_APART = 1_000_003
"""A prime, so that the epochs of neighbouring seeds do not share their orders."""


def epoch_order(size: int, seed: int, epoch: int) -> Tensor:
    """The order of an epoch's images, [size] int64 on the CPU; epochs count from 0."""
    # torch's generator on the CPU takes 32 bits of a seed.
    generator = torch.Generator().manual_seed((seed + _APART * epoch) % 2**32)
    return torch.randperm(size, generator=generator)
