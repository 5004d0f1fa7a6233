"""Outputs of a network for several views of each image, their mean."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

Outputs = Callable[[Tensor], Tensor]
"""Images [N, C, H, W] to outputs [N, ...]."""


def mirrored(outputs: Outputs, images: Tensor, shift: int) -> Tensor:
    """The mean outputs for images and their mirror images.

    With a shift, half of it is that for images moved by so many pixels along both axes,
    towards one corner and towards the other; edges are reflected.
    """
    found = _both(outputs, images)
    if not shift:
        return found
    height, width = images.shape[2:]
    framed = F.pad(images, (shift,) * 4, mode="reflect")
    first = _both(outputs, framed[:, :, :height, :width])
    last = _both(outputs, framed[:, :, -height:, -width:])
    return (found + (first + last) / 2) / 2


def _both(outputs: Outputs, images: Tensor) -> Tensor:
    return (outputs(images) + outputs(images.flip(3))) / 2
