"""Changes of colour, each image by its own amount.

All take and give float images [B, C, H, W] from 0 to `top`. Their effects and
constants are torchvision's (transforms.v2.functional), whose own functions take one
amount for the whole batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from netspec.functional.augment.draws import hashed

_GRAY = (0.2989, 0.587, 0.114)
"""The weights of red, green and blue in brightness (ITU-R BT.601)."""

_LEVELS = 256


def gray(images: Tensor) -> Tensor:
    """The brightness of each pixel, [B, 1, H, W]."""
    if images.shape[1] == 1:
        return images
    return (images * images.new_tensor(_GRAY).view(-1, 1, 1)).sum(1, keepdim=True)


def blend(images: Tensor, other: Tensor, amount: Tensor, top: float) -> Tensor:
    """The blend of `other` (amount 0, [B]) and the image (amount 1), and beyond it."""
    amount = amount.to(images.device).view(-1, 1, 1, 1)
    return (amount * images + (1 - amount) * other).clamp(0, top)


def brightness(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Multiply by the amount."""
    return blend(images, torch.zeros_like(images), amount, top)


def contrast(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Move pixels away from the image's mean brightness, or towards it."""
    return blend(images, gray(images).mean((1, 2, 3), keepdim=True), amount, top)


def saturation(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Move pixels away from gray, or towards it; one channel stays."""
    return blend(images, gray(images), amount, top)


def hue(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Rotate hues by shares [B] of the colour circle; one channel stays."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images / top).unbind(1)
    most, least = (images / top).amax(1), (images / top).amin(1)
    spread = most - least
    safe = torch.where(spread > 0, spread, torch.ones_like(spread))
    angle = torch.where(
        most == red,
        (green - blue) / safe % 6,
        torch.where(most == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    angle = (angle + 6 * amount.to(images.device).view(-1, 1, 1)) % 6
    # Each channel is a trapezium of the angle: full for a third of the circle.
    ramps = [((angle + shift) % 6 - 3).abs().sub(1).clamp(0, 1) for shift in (0, 4, 2)]
    return torch.stack([least + spread * ramp for ramp in ramps], 1) * top


def sharpness(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Move away from a smoothed image, or towards it; the outermost pixels stay."""
    if min(images.shape[2:]) < 3:
        return images
    kernel = images.new_tensor([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    channels = images.shape[1]
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = F.conv2d(
        images, kernel.expand(channels, 1, 3, 3), groups=channels
    )
    return blend(images, smooth, amount, top)


def posterize(images: Tensor, bits: Tensor, top: float) -> Tensor:
    """Keep the given number of the eight bits, [B]."""
    step = (2 ** (8 - bits)).to(images.device).view(-1, 1, 1, 1)
    levels = (images * ((_LEVELS - 1) / top)).round()
    return (levels // step) * step * (top / (_LEVELS - 1))


def solarize(images: Tensor, threshold: Tensor, top: float) -> Tensor:
    """Invert pixels from a threshold on, which is a share of the brightest, [B]."""
    return torch.where(
        images >= threshold.to(images.device).view(-1, 1, 1, 1) * top,
        top - images,
        images,
    )


def autocontrast(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Stretch each channel from 0 to the brightest; a constant channel stays."""
    most, least = images.amax((2, 3), keepdim=True), images.amin((2, 3), keepdim=True)
    spread = most - least
    stretched = (images - least) * (
        top / torch.where(spread > 0, spread, torch.ones_like(spread))
    )
    return torch.where(spread > 0, stretched, images)


def equalize(images: Tensor, amount: Tensor, top: float) -> Tensor:
    """Spread each channel's levels so that all are as frequent, as Pillow does."""
    levels = (images * ((_LEVELS - 1) / top)).round().long().flatten(2)
    counts = torch.zeros(
        *levels.shape[:2], _LEVELS, dtype=torch.long, device=images.device
    )
    counts.scatter_add_(2, levels, torch.ones_like(levels))
    places = torch.arange(_LEVELS, device=images.device)
    last = torch.where(counts > 0, places, 0).amax(2, keepdim=True)
    step = (counts.sum(2, keepdim=True) - counts.gather(2, last)) // (_LEVELS - 1)
    before = counts.cumsum(2) - counts
    table = ((before + step // 2) // step.clamp(min=1)).clamp(0, _LEVELS - 1)
    found = torch.where(step > 0, table.gather(2, levels), levels)
    return found.view(images.shape).to(images.dtype) * (top / (_LEVELS - 1))


def noised(images: Tensor, keys: Tensor, deviation: float, top: float) -> Tensor:
    """Add normal noise, drawn from a key for each image, [B].

    Its standard deviation is a share of the brightest.
    """
    count = images[0].numel()
    numbers = hashed(keys.to(images.device), 2 * count)
    radius, angle = (
        (-2 * numbers[:, :count].log()).sqrt(),
        2 * torch.pi * numbers[:, count:],
    )
    return (images + (radius * angle.cos()).view(images.shape) * deviation * top).clamp(
        0, top
    )
