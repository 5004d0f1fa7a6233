"""Affine maps, one for each image."""

from __future__ import annotations

import torch
from torch import Tensor


def affine_maps(
    degrees: Tensor | None = None,
    right: Tensor | None = None,
    down: Tensor | None = None,
    scale: Tensor | None = None,
    shear_x: Tensor | None = None,
    shear_y: Tensor | None = None,
) -> Tensor:
    """The maps from results to images, [B, 2, 3], as `warped` takes them.

    An image is sheared, turned counter-clockwise and scaled about its middle, then
    moved; the conventions are those of torchvision's `affine`, but for the angle, which
    there is clockwise.

    Args:
        degrees: Counter-clockwise, [B]; so are all others; None leaves the image.
        right: Pixels.
        down: Pixels.
        scale: Above 0.
        shear_x: Degrees.
        shear_y: Degrees.
    """
    all_given = (degrees, right, down, scale, shear_x, shear_y)
    given = next(each for each in all_given if each is not None)
    zero = torch.zeros_like(given)
    angle, x, y = (
        zero if each is None else each.deg2rad() for each in (degrees, shear_x, shear_y)
    )
    factor = torch.ones_like(given) if scale is None else scale
    turn = _matrix(angle.cos(), angle.sin(), -angle.sin(), angle.cos())
    lean_y = _matrix(torch.ones_like(x), zero, -y.tan(), torch.ones_like(x))
    lean_x = _matrix(torch.ones_like(x), -x.tan(), zero, torch.ones_like(x))
    forward = factor.view(-1, 1, 1) * (turn @ lean_y @ lean_x)
    inverse = torch.linalg.inv(forward)
    shift = torch.stack([zero if each is None else each for each in (right, down)], 1)
    return torch.cat([inverse, -(inverse @ shift[:, :, None])], 2)


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """A matrix [B, 2, 2] from its four entries."""
    return torch.stack([torch.stack([a, b], 1), torch.stack([c, d], 1)], 1)
