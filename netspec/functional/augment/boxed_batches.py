"""Augmentation of images with boxes, each by itself, since they differ in size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from netspec.functional.augment.boxed import BoxedChange, changed_with_boxes
from netspec.functional.augment.scene import Scene


def augmented_boxes(
    images: Sequence[Tensor],
    targets: Sequence[Mapping[str, Tensor]],
    draws: Tensor,
    changes: Sequence[tuple[int, BoxedChange]],
    scene: Scene,
    visible: float,
) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Images, boxes and labels after changes.

    Args:
        images: As read, [C, H, W] each.
        targets: Their targets.
        draws: Their numbers, [B, K].
        changes: Each with the count of its numbers.
        scene: The facts of all images.
        visible: The share of a box that must be left for its object to stay.
    """
    made, told = [], []
    for image, target, own in zip(images, targets, draws, strict=True):
        image, boxes, labels = changed_with_boxes(
            image, target["boxes"], target["labels"], own, changes, scene, visible
        )
        made.append(image)
        told.append({"boxes": boxes, "labels": labels})
    return made, told
