"""Images whose pixels are moved: mirrored, cropped, turned."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from netspec.functional.augment.resample import affine_maps, resized_boxes, warped

MOST_PIXELS = 1 << 26
"""Pixels beyond which no image grows: 8,192 x 8,192."""

_TRIES = 10
"""Boxes that are tried before the largest one in the middle is taken."""


def flip(
    images: Tensor, draws: Tensor, fill: int, nearest: bool, p: float, axis: int
) -> Tensor:
    """Mirror along an axis of [B, C, H, W], with probability `p`."""
    chosen = (draws[:, 0] < p).to(images.device, non_blocking=True)
    return torch.where(chosen.view(-1, 1, 1, 1), images.flip(axis), images)


def crop(
    images: Tensor,
    draws: Tensor,
    fill: int,
    nearest: bool,
    size: tuple[int, int],
    padding: int,
    padding_mode: str,
) -> Tensor:
    """A random piece of a size from the padded image; all of a smaller one."""
    size, corners = crops_of(draws, images.shape[2:], size, padding)
    top, left = corners.to(images.device, non_blocking=True).unbind(1)
    # All pieces of the padded images as a view; each image's own piece is copied.
    pieces = padded(images, padding, padding_mode, fill)
    pieces = pieces.unfold(2, size[0], 1).unfold(3, size[1], 1)
    return pieces[torch.arange(len(images), device=images.device), :, top, left]


def crops_of(
    draws: Tensor, image: Sequence[int], size: tuple[int, int], padding: int
) -> tuple[tuple[int, int], Tensor]:
    """The size of random pieces, and the top and left of each in the padded image."""
    height, width = (axis + 2 * padding for axis in image)
    size = min(size[0], height), min(size[1], width)
    room = torch.tensor([height - size[0] + 1, width - size[1] + 1])
    return size, (draws * room).long()


def padded(images: Tensor, padding: int, mode: str, fill: int) -> Tensor:
    """Images with a frame: of the fill, of the pixels at the edge, or mirrored."""
    if not padding or mode == "constant":
        return F.pad(images, (padding,) * 4, value=fill) if padding else images
    for axis in (2, 3):  # by indices, since torch's own pads no bytes
        size = images.shape[axis]
        places = torch.arange(-padding, size + padding, device=images.device)
        if mode == "reflect":
            places = size - 1 - (size - 1 - places.abs()).abs()
        images = images.index_select(axis, places.clamp(0, size - 1))
    return images


def random_resized_crop(
    images: Tensor,
    draws: Tensor,
    fill: int,
    nearest: bool,
    size: tuple[int, int],
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> Tensor:
    """A piece of random size and shape, resized (arXiv:1409.4842)."""
    boxes = random_boxes(draws, images.shape[2], images.shape[3], scale, ratio)
    boxes = boxes.to(images.device, non_blocking=True)
    return resized_boxes(images, boxes, size, nearest)


def random_boxes(
    draws: Tensor,
    height: int,
    width: int,
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> Tensor:
    """Top, left, height and width of pieces, in pixels: [B, 4], whole numbers.

    The area is a share of the image's in `scale`, the width over the height in `ratio`.
    """
    areas, ratios, places = draws[:, :_TRIES], draws[:, _TRIES:-2], draws[:, -2:]
    area = height * width * (scale[0] + (scale[1] - scale[0]) * areas.double())
    low, high = torch.tensor(ratio, dtype=torch.float64).log()
    shape = (low + (high - low) * ratios.double()).exp()
    wide, tall = (area * shape).sqrt().round(), (area / shape).sqrt().round()
    fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
    first = fits.to(torch.int8).argmax(1, keepdim=True)
    any_fits = fits.any(1, keepdim=True)
    # The largest box in the middle whose shape is allowed.
    middle_h, middle_w = float(height), float(width)
    if width < ratio[0] * height:
        middle_h = float(min(height, max(1, round(width / ratio[0]))))
    if width > ratio[1] * height:
        middle_w = float(min(width, max(1, round(height * ratio[1]))))
    h = torch.where(any_fits, tall.gather(1, first), torch.tensor(middle_h))
    w = torch.where(any_fits, wide.gather(1, first), torch.tensor(middle_w))
    room = torch.cat([height - h, width - w], 1)
    inside, centred = (places.double() * (room + 1)).floor(), (room / 2).floor()
    corner = torch.where(any_fits, inside, centred)
    return torch.cat([corner, h, w], 1).long()


def affine(
    images: Tensor,
    draws: Tensor,
    fill: int,
    nearest: bool,
    degrees: float,
    translate: float,
    scale: tuple[float, float],
    shear: float,
) -> Tensor:
    """Turn, move by shares of the size, scale and shear, all about the middle."""
    maps = random_maps(draws, images.shape[2:], degrees, translate, scale, shear)
    return warped(images, maps.to(images.device), fill, nearest)


def random_maps(
    draws: Tensor,
    size: Sequence[int],
    degrees: float,
    translate: float,
    scale: tuple[float, float],
    shear: float,
) -> Tensor:
    """The maps of `affine` from results to images, as `warped` takes them."""
    height, width = size
    turn, across, down, growth, shear_x, shear_y = draws.unbind(1)
    return affine_maps(
        degrees=(2 * turn - 1) * degrees,
        # Whole pixels, so that images that are only moved stay sharp.
        right=((2 * across - 1) * translate * width).round(),
        down=((2 * down - 1) * translate * height).round(),
        scale=scale[0] + growth * (scale[1] - scale[0]),
        shear_x=(2 * shear_x - 1) * shear,
        shear_y=(2 * shear_y - 1) * shear,
    )


def rotate(
    images: Tensor, draws: Tensor, fill: int, nearest: bool, degrees: float
) -> Tensor:
    """Turn by an angle up to `degrees` either way, about the middle."""
    maps = random_turns(draws, degrees)
    return warped(images, maps.to(images.device), fill, nearest)


def random_turns(draws: Tensor, degrees: float) -> Tensor:
    """The maps of `rotate` from results to images, as `warped` takes them."""
    return affine_maps(degrees=(2 * draws[:, 0] - 1) * degrees)


def rescale(
    images: Tensor,
    draws: Tensor,
    fill: int,
    nearest: bool,
    scale: tuple[float, float],
) -> Tensor:
    """One image [1, C, H, W], larger or smaller by a random factor."""
    size = rescaled(draws, images.shape[2:], scale)
    boxes = torch.tensor([[0, 0, *images.shape[2:]]], device=images.device)
    return resized_boxes(images, boxes, size, nearest)


def rescaled(
    draws: Tensor, size: Sequence[int], scale: tuple[float, float]
) -> tuple[int, int]:
    """The size of an image that grows by a factor in `scale`, of any alike."""
    height, width = size
    factor = scale[0] + float(draws[0, 0]) * (scale[1] - scale[0])
    factor = min(factor, (MOST_PIXELS / (height * width)) ** 0.5)
    return max(1, round(height * factor)), max(1, round(width * factor))


def zoom_out(
    images: Tensor,
    draws: Tensor,
    fill: int,
    nearest: bool,
    scale: tuple[float, float],
    p: float,
) -> Tensor:
    """One image [1, C, H, W] on a larger ground, with probability `p`."""
    left, top, right, bottom = margins(draws, images.shape[2:], scale, p)
    return F.pad(images, (left, right, top, bottom), value=fill)


def margins(
    draws: Tensor, size: Sequence[int], scale: tuple[float, float], p: float
) -> tuple[int, int, int, int]:
    """The pixels left of an image, above, right and below on its larger ground."""
    chance, growth, across, down = draws[0].tolist()
    if chance >= p:
        return 0, 0, 0, 0
    factor = scale[0] + growth * (scale[1] - scale[0])
    factor = min(factor, (MOST_PIXELS / (size[0] * size[1])) ** 0.5)
    high, wide = (max(0, int(axis * factor) - axis) for axis in size)
    top, left = int(down * (high + 1)), int(across * (wide + 1))
    return left, top, wide - left, high - top
