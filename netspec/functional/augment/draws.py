"""Random numbers that depend neither on the device, nor on the processes."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

_MASK = 0xFFFFFFFF

_OF_IMAGES = 2
"""Keeps the numbers of images apart from others of the same seed."""


def generator(*numbers: int) -> torch.Generator:
    """A generator of the CPU, seeded by several numbers, such as seed and step.

    Near numbers give unlike streams: torch takes 32 bits of a seed, so they
    are mixed here.
    """
    digest = hashlib.blake2b(
        " ".join(map(str, numbers)).encode(), digest_size=4
    ).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little"))


def hashed(keys: Tensor, count: int) -> Tensor:
    """Uniform numbers in (0, 1) for each key, [B, count], on the device of the keys.

    A number is a hash of its key and of its place, all in whole numbers, so that every
    device makes the same ones. The hash is the 32-bit finalizer of MurmurHash3, applied
    twice.

    Args:
        keys: Uniform numbers from 0 to 1, float [B].
        count: Numbers for each.
    """
    seeds = (keys.double() * 2**32).long() & _MASK
    places = torch.arange(count, device=keys.device)
    state = _finalized((seeds[:, None] + places * 0x9E3779B9) & _MASK)
    state = _finalized((state ^ seeds[:, None]) & _MASK)
    return (state.double() + 0.5).div(2**32).float().clamp(1e-7, 1 - 1e-7)


def of_images(rows: Tensor, seed: int) -> Tensor:
    """A uniform number in (0, 1) for each image, [B], that its row and a seed decide.

    Args:
        rows: Rows of the data set, int64 [B].
        seed: The recipe's.
    """
    own = torch.randint(_MASK, (), generator=generator(seed, _OF_IMAGES))
    state = _finalized(_finalized((rows * 0x9E3779B9) & _MASK) ^ own.to(rows.device))
    return (state.double() + 0.5).div(2**32).float().clamp(1e-7, 1 - 1e-7)


def _finalized(state: Tensor) -> Tensor:
    """The state with each of its 32 bits changed by all others."""
    state = ((state ^ (state >> 16)) * 0x85EBCA6B) & _MASK
    state = ((state ^ (state >> 13)) * 0xC2B2AE35) & _MASK
    return state ^ (state >> 16)
