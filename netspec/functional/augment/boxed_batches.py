"""Augmentation of images with boxes, each by itself, since they differ in size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from netspec.functional.augment.augmenting import Augmenting
from netspec.functional.augment.boxed import changed_with_boxes


def augmented_boxes(
    images: Sequence[Tensor],
    targets: Sequence[Mapping[str, Tensor]],
    rows: Tensor,
    augmenting: Augmenting,
    seed: int,
    step: int,
    share: slice,
    size: int,
    epoch: int,
    visible: float,
) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Images, boxes and labels of this process's rows of a global batch.

    Args:
        images: Those rows', as read.
        targets: Their targets.
        rows: Those of the data set that they are, [B] on the CPU.
        augmenting: Draws the numbers, and has the changes.
        seed: The recipe's.
        step: The number of batches before this one since the start of the run.
        share: This process's rows of the global batch.
        size: Rows of the global batch.
        epoch: The epoch of the step, from 0.
        visible: The share of a box that must be left for its object to stay.
    """
    positions = augmenting.positions(size, share)
    chance, _ = augmenting.numbers(seed, step, size)
    draws = augmenting.alternated(chance[positions], rows, seed, epoch)
    changes: Any = augmenting.changes  # of images with boxes
    made, told = [], []
    for image, target, own in zip(images, targets, draws, strict=True):
        image, boxes, labels = changed_with_boxes(
            image,
            target["boxes"],
            target["labels"],
            own,
            changes,
            augmenting.scene,
            visible,
        )
        made.append(image)
        told.append({"boxes": boxes, "labels": labels})
    return made, told
