"""The numbers of a step's augmentations, and the changes that they make.

All random numbers of a step are drawn on the CPU for the whole global batch, by seed
and step alone, and each process takes the rows that are its own: results depend neither
on the device, nor on the number of processes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netspec.functional.augment.changes import Change
from netspec.functional.augment.draws import generator, of_images
from netspec.functional.augment.scene import Scene

_STREAM = 1
"""Keeps the numbers of augmentation apart from others of the same seed and step."""


def step_numbers(
    seed: int, step: int, size: int, ways: Sequence[int]
) -> tuple[Tensor, int]:
    """Uniform numbers for a global batch, [size, K], and the way that they are for.

    Args:
        seed: The recipe's.
        step: The number of batches before this one since the start of the run.
        size: Rows of the global batch.
        ways: The numbers K that each way to augment takes; each batch draws a way.
    """
    stream = generator(seed, step, _STREAM)
    way = int(torch.randint(len(ways), (1,), generator=stream))
    return torch.rand(size, ways[way], generator=stream), way


def alternated(
    draws: Tensor, rows: Tensor, seed: int, epoch: int, places: Sequence[int]
) -> Tensor:
    """Numbers of images [B, K]; some are kept, as u in one epoch and 1 - u in the next.

    Args:
        draws: The numbers.
        rows: The images' rows of the data set, [B].
        seed: The recipe's.
        epoch: From 0.
        places: Those of the numbers that are kept.
    """
    draws = draws.clone()
    for place in places:
        kept = of_images(rows, seed)
        draws[:, place] = 1 - kept if epoch % 2 else kept
    return draws


def all_changed(
    images: Tensor,
    targets: Tensor,
    draws: Tensor,
    changes: Sequence[tuple[int, Change]],
    scene: Scene,
) -> tuple[Tensor, Tensor]:
    """Images and targets after changes, each with the count of its numbers."""
    start = 0
    for count, change in changes:
        own = draws[:, start : start + count]
        images, targets = change(images, targets, own, scene)
        start += count
    return images, targets
