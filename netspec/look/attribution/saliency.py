"""Saliency: how much each number of an image moves the score."""

from __future__ import annotations

from torch import Tensor

from netspec.look.attribution.score import Score, gradient


def saliency(score: Score, images: Tensor) -> Tensor:
    """``|dS / dx|`` for each number of the images, [N, C, H, W].

    Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2014, section 3; a pixel is shown by the
    largest of its channels.
    """
    return gradient(score, images).abs()
