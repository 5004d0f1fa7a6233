"""Occlusion: what a score loses where a patch of the image is covered."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from netspec.look.attribution.score import Score, at_once


def occlusion(
    score: Score, images: Tensor, window: tuple[int, int], stride: tuple[int, int], baseline: Tensor | float = 0.0
) -> Tensor:
    """``S(x) - S(x with the window covered)``, the mean of all windows over each pixel, [N, 1, H, W].

    Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 4.2, with a gray square.
    The last window of a row and a column is cut off by the border.

    Args:
        score: The score of a class.
        images: [N, C, H, W].
        window: Height and width of what is covered, in pixels.
        stride: Pixels from one window to the next, at most the window's own.
        baseline: What covers it, [C, 1, 1] or a number, in the network's units.
    """
    corners = list(product(*map(_starts, images.shape[2:], window, stride)))
    fewer, covered = images.new_zeros(len(images), 1, *images.shape[2:]), images.new_zeros(images.shape[2:])
    each = max(1, at_once(images) // len(images))
    with torch.no_grad():
        whole = score(images)
        for few in (corners[first : first + each] for first in range(0, len(corners), each)):
            copies = images.repeat(len(few), 1, 1, 1, 1)
            for copy, (top, left) in zip(copies, few, strict=True):
                copy[:, :, top : top + window[0], left : left + window[1]] = baseline
            lost = whole - score(copies.flatten(0, 1)).view(len(few), -1)
            for one, (top, left) in zip(lost, few, strict=True):
                fewer[:, :, top : top + window[0], left : left + window[1]] += one.view(-1, 1, 1, 1)
                covered[top : top + window[0], left : left + window[1]] += 1
    return fewer / covered


def _starts(size: int, window: int, stride: int) -> range:
    """The first pixels of the windows along an axis: one more where the last whole one leaves a rest."""
    return range(0, max(size - window, 0) + stride, stride)
