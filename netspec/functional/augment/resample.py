"""Resampling of images, each by its own box or affine map, all of a batch at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def resized_boxes(
    images: Tensor, boxes: Tensor, size: tuple[int, int], nearest: bool
) -> Tensor:
    """A box of each image, resized, bilinear and antialiased as torchvision does it.

    A pixel is a mean of those under a triangle as wide as the pixels that it stands
    for. The weights are the product of one for its row and one for its column, so that
    two products of matrices make the whole batch.

    Args:
        images: [B, C, H, W].
        boxes: Top, left, height and width in pixels, [B, 4].
        size: Height and width afterwards.
        nearest: Whether the nearest pixel is taken instead.

    Returns:
        [B, C, height, width]; uint8 images give uint8, rounded.
    """
    top, left, height, width = boxes.unbind(1)
    if nearest:
        rows = _nearest(top, height, size[0])
        columns = _nearest(left, width, size[1])
        batch = torch.arange(len(images), device=images.device)[:, None, None]
        found = images[batch, :, rows[:, :, None], columns[:, None, :]]
        return found.permute(0, 3, 1, 2)
    vertical = _weights(top, height, images.shape[2], size[0])
    horizontal = _weights(left, width, images.shape[3], size[1])
    made = vertical[:, None] @ images.float() @ horizontal[:, None].transpose(2, 3)
    return like(images, made) if images.dtype == torch.uint8 else made


def _nearest(start: Tensor, length: Tensor, size: int) -> Tensor:
    """Indices of the pixels nearest to the middles of the new ones, [B, size]."""
    middles = (torch.arange(size, device=start.device) + 0.5) / size
    return start[:, None] + (middles * length[:, None]).floor().long()


def _weights(start: Tensor, length: Tensor, old: int, new: int) -> Tensor:
    """The weight of each old pixel of an axis in each new one, [B, new, old]."""
    scale = length[:, None, None].float() / new
    support = scale.clamp(min=1)
    middles = (torch.arange(new, device=start.device)[:, None] + 0.5) * scale
    places = torch.arange(old, device=start.device) - start[:, None, None]
    weights = (1 - (places + 0.5 - middles).abs() / support).clamp(min=0)
    weights = weights * ((places >= 0) & (places < length[:, None, None]))
    return weights / weights.sum(2, keepdim=True)


def warped(images: Tensor, maps: Tensor, fill: float, nearest: bool) -> Tensor:
    """Images moved by affine maps.

    Args:
        images: [B, C, H, W].
        maps: [B, 2, 3]: from a place of the result to the place of the image that is
            seen there, in pixels from the middle, x before y.
        fill: The value outside the image.
        nearest: Whether values are kept as they are, not interpolated.

    Returns:
        The same shape; uint8 images give uint8, rounded.
    """
    height, width = images.shape[2:]
    half = images.new_tensor([width / 2, height / 2], dtype=torch.float32)
    linear = maps[:, :, :2] * half / half[:, None]
    theta = torch.cat([linear, (maps[:, :, 2] / half)[:, :, None]], 2)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    mode = "nearest" if nearest else "bilinear"
    # Outside pixels count as 0: `fill` is subtracted before and added after.
    seen = F.grid_sample(images.float() - fill, grid, mode, align_corners=False)
    return like(images, seen + fill)


def like(images: Tensor, made: Tensor) -> Tensor:
    """Results in the type of their images; for uint8 they are rounded."""
    if images.dtype == torch.uint8:
        made = made.round().clamp(0, 255)
    return made.to(images.dtype)


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
