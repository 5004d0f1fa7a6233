"""Changes of images and of their targets.

Images keep the form in which they are read: uint8, or float32 from 0 to the brightest.
All chance is in the uniform numbers that are given, [B, some] on the CPU, so that one
step of one seed is the same on every device and on any number of processes.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from netspec.functional.augment.scene import Scene

Change = Callable[[Tensor, Tensor, Tensor, Scene], tuple[Tensor, Tensor]]
"""Images [B, C, H, W] and targets [B, ...], by numbers, to images and targets."""


def recoloured(
    images: Tensor,
    targets: Tensor,
    draws: Tensor,
    scene: Scene,
    recolour: Callable[[Tensor, Tensor, Scene], Tensor],
) -> tuple[Tensor, Tensor]:
    """Images in other colours; targets stay."""
    return recolour(images, draws, scene), targets


def moved(
    images: Tensor,
    targets: Tensor,
    draws: Tensor,
    scene: Scene,
    move: Callable[[Tensor, Tensor, int, bool], Tensor],
) -> tuple[Tensor, Tensor]:
    """Images whose pixels are moved, and masks [B, H, W] that are moved along.

    `move` takes images or masks, the numbers, the fill value, and whether
    values are kept as they are, not interpolated.
    """
    made = move(images, draws, 0, False)
    if targets.ndim == 3 and not targets.is_floating_point():
        mask = move(targets[:, None], draws, scene.ignored, True)
        targets = mask[:, 0].to(targets.dtype)
    return made, targets
