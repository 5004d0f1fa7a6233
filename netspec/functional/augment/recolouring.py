"""Images in other colours, and with rectangles taken away."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.functional.augment.colours import (
    brightness,
    contrast,
    gray,
    hue,
    noised,
    saturation,
)
from netspec.functional.augment.draws import hashed
from netspec.functional.augment.scene import Scene


def color_jitter(
    images: Tensor,
    draws: Tensor,
    scene: Scene,
    by_brightness: float,
    by_contrast: float,
    by_saturation: float,
    by_hue: float,
) -> Tensor:
    """Change brightness, contrast, saturation and hue, in this order."""
    images, top = images.float(), scene.brightest
    changes = (brightness, contrast, saturation)
    widths = (by_brightness, by_contrast, by_saturation)
    for column, (change, width) in enumerate(zip(changes, widths, strict=True)):
        if width:
            low, high = max(0.0, 1 - width), 1 + width
            images = change(images, low + (high - low) * draws[:, column], top)
    if by_hue:
        images = hue(images, (2 * draws[:, 3] - 1) * by_hue, top)
    return images


def grayscale(images: Tensor, draws: Tensor, scene: Scene, p: float) -> Tensor:
    """Remove colour with probability `p`; the number of channels stays."""
    chosen = (draws[:, 0] < p).to(images.device, non_blocking=True).view(-1, 1, 1, 1)
    images = images.float()
    return torch.where(chosen, gray(images), images)


def gaussian_noise(images: Tensor, draws: Tensor, scene: Scene, sigma: float) -> Tensor:
    """Add normal noise; its deviation is a share of the brightest pixel."""
    return noised(images.float(), draws[:, 0], sigma, scene.brightest)


def erase(
    images: Tensor,
    draws: Tensor,
    scene: Scene,
    p: float,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    fill: str,
) -> Tensor:
    """Fill a rectangle with probability `p` (arXiv:1708.04896)."""
    height, width = images.shape[2:]
    chosen, share, shape, down, across, key = draws.unbind(1)
    area = height * width * (scale[0] + (scale[1] - scale[0]) * share)
    low, high = torch.tensor(ratio).log()
    shape = (low + (high - low) * shape).exp()
    # A rectangle longer than the image is cut to it, and not drawn again.
    tall = (area / shape).sqrt().round().clamp(max=height)
    wide = (area * shape).sqrt().round().clamp(max=width)
    tall = torch.where(chosen < p, tall, torch.zeros_like(tall))
    top, left = (
        (down * (height - tall + 1)).floor(),
        (across * (width - wide + 1)).floor(),
    )
    box = torch.stack([top, top + tall, left, left + wide])
    inside = within(box.to(images.device, non_blocking=True), height, width)
    if fill == "noise":
        numbers = hashed(key.to(images.device, non_blocking=True), images[0].numel())
        filling = numbers.view(images.shape) * scene.brightest
    else:
        neutral = images.new_tensor(scene.neutral, dtype=torch.float32)
        filling = neutral.view(-1, 1, 1)
    return torch.where(inside, filling, images.float())


def within(box: Tensor, height: int, width: int) -> Tensor:
    """The mask [B, 1, H, W] of boxes given as top, bottom, left, right, [4, B]."""
    top, bottom, left, right = (box[edge].view(-1, 1) for edge in range(4))
    rows = torch.arange(height, device=box.device)
    columns = torch.arange(width, device=box.device)
    vertical = (rows >= top) & (rows < bottom)
    horizontal = (columns >= left) & (columns < right)
    inside: Tensor = vertical[:, :, None] & horizontal[:, None, :]
    return inside[:, None]
