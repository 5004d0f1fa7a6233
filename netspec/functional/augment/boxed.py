"""Changes of an image and of the boxes in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from netspec.functional.augment.draws import hashed
from netspec.functional.augment.places import Place
from netspec.functional.augment.scene import Scene

_ROUNDS = 16
"""Overlaps that are drawn before an image is left as it is."""

BoxedChange = Callable[[Tensor, Tensor, Tensor, Scene], tuple[Tensor, Tensor]]
"""An image [C, H, W] and boxes [N, 4], by its numbers [K], to both as they are then.

A box may leave the image.
"""


def recoloured_with_boxes(
    image: Tensor,
    boxes: Tensor,
    draws: Tensor,
    scene: Scene,
    recolour: Callable[[Tensor, Tensor, Scene], Tensor],
) -> tuple[Tensor, Tensor]:
    """An image in other colours; boxes stay."""
    return recolour(image[None], draws[None], scene)[0], boxes


def moved_with_boxes(
    image: Tensor,
    boxes: Tensor,
    draws: Tensor,
    scene: Scene,
    move: Callable[[Tensor, Tensor, int, bool], Tensor],
    place: Place,
) -> tuple[Tensor, Tensor]:
    """An image whose pixels are moved, and its boxes along with them."""
    height, width = image.shape[1:]
    made = move(image[None], draws[None], 0, False)[0]
    return made, around(boxes, place(draws, (height, width)).to(boxes.device))


def iou_crop(
    image: Tensor,
    boxes: Tensor,
    draws: Tensor,
    scene: Scene,
    overlaps: Sequence[float],
    scale: tuple[float, float],
    ratio: tuple[float, float],
    tries: int,
) -> tuple[Tensor, Tensor]:
    """A piece that overlaps an object (arXiv:1512.02325, section 2.2).

    Boxes whose middles are outside become empty.
    """
    height, width = image.shape[1:]
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    for key in hashed(draws[:1], _ROUNDS if len(boxes) else 0)[0]:
        chance = hashed(key[None], 1 + 4 * tries)[0]
        least = overlaps[int(chance[0] * len(overlaps))]
        if least >= 1:
            break
        for high, wide, down, across in chance[1:].view(tries, 4).tolist():
            h, w = (
                int(axis * (scale[0] + share * (scale[1] - scale[0])))
                for axis, share in ((height, high), (width, wide))
            )
            if h < 1 or w < 1 or not ratio[0] <= w / h <= ratio[1]:
                continue
            top, left = int((height - h) * down), int((width - w) * across)
            piece = boxes.new_tensor([left, top, left + w, top + h])
            inside = ((middles > piece[:2]) & (middles < piece[2:])).all(1)
            if not inside.any() or overlaps_with(boxes[inside], piece).max() < least:
                continue
            found = (boxes - piece[[0, 1, 0, 1]]) * inside[:, None]
            return image[:, top : top + h, left : left + w], found
    return image, boxes


def overlaps_with(boxes: Tensor, piece: Tensor) -> Tensor:
    """The intersection of boxes [N, 4] with one, [4], over their union: [N]."""
    first = torch.maximum(boxes[:, :2], piece[:2])
    last = torch.minimum(boxes[:, 2:], piece[2:])
    shared = torch.cat([first, last], 1)
    both = area(shared)
    return both / (area(boxes) + area(piece[None]) - both)


def around(boxes: Tensor, placed: Tensor) -> Tensor:
    """The boxes around boxes [N, 4] of which all places are mapped by [2, 3]."""
    x = boxes[:, [0, 2, 2, 0]].double()
    y = boxes[:, [1, 1, 3, 3]].double()
    corners = torch.stack([x, y, torch.ones_like(x)], 2) @ placed.T
    edges = torch.cat([corners.amin(1), corners.amax(1)], 1)
    return edges.to(boxes.dtype)


def changed_with_boxes(
    image: Tensor,
    boxes: Tensor,
    labels: Tensor,
    draws: Tensor,
    changes: Sequence[tuple[int, BoxedChange]],
    scene: Scene,
    visible: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """An image with its boxes and labels after all changes.

    A box ends where the image does. An object goes where less than a share `visible` of
    its box is left by all changes together, or no whole pixel along an axis.

    Args:
        image: [C, H, W].
        boxes: Left, top, right and bottom in pixels, [N, 4].
        labels: [N].
        draws: The numbers of the image, in the order of the changes.
        changes: Each with the count of its numbers.
        scene: The facts of all images.
        visible: A share of the area.
    """
    left = torch.ones(len(boxes), dtype=torch.float64, device=boxes.device)
    start = 0
    for count, change in changes:
        image, whole = change(image, boxes, draws[start : start + count], scene)
        start += count
        height, width = image.shape[1:]
        most = whole.new_tensor([width, height, width, height])
        boxes = torch.minimum(whole.clamp(min=0), most)
        left = left * (area(boxes) / area(whole).clamp(min=1e-12)).clamp(max=1)
        sides = boxes[:, 2:] - boxes[:, :2]
        kept = (left >= visible) & (sides >= 1).all(1)
        boxes, labels, left = boxes[kept], labels[kept], left[kept]
    return image, boxes, labels


def area(boxes: Tensor) -> Tensor:
    """The area of boxes [N, 4], in double precision."""
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).double()
    return sides.prod(1)
