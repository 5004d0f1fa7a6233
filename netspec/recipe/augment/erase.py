"""Rectangles of images taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from netspec.recipe.augment.base import Fractions, Pixelwise, Ratios, Scene, Share

if TYPE_CHECKING:
    from torch import Tensor


class Erase(Pixelwise):
    """A rectangle filled, with probability `p` (random erasing, arXiv:1708.04896).

    Its area is a share of the image's in `scale`, its width over its height in `ratio`. It is filled with what becomes
    0 once normalised, or with noise: a random value for every pixel.
    """

    key: ClassVar[str] = "erase"
    also: ClassVar[tuple[str, ...]] = ("random_erasing", "cutout")
    main: ClassVar[str | None] = "p"

    p: Share = 0.5
    scale: Fractions = (0.02, 0.33)
    ratio: Ratios = (0.3, 3.3)
    fill: Literal["neutral", "noise"] = "neutral"

    @property
    def numbers(self) -> int:
        return 6

    def recolour(self, images: Tensor, draws: Tensor, scene: Scene) -> Tensor:
        import torch

        from netspec.recipe.augment.draws import hashed

        height, width = images.shape[2:]
        chosen, area, ratio, down, across, key = draws.unbind(1)
        area = height * width * (self.scale[0] + (self.scale[1] - self.scale[0]) * area)
        low, high = torch.tensor(self.ratio).log()
        ratio = (low + (high - low) * ratio).exp()
        # A rectangle that would be longer than the image is cut to it: none is tried again.
        tall = (area / ratio).sqrt().round().clamp(max=height)
        wide = (area * ratio).sqrt().round().clamp(max=width)
        tall = torch.where(chosen < self.p, tall, torch.zeros_like(tall))
        top, left = (down * (height - tall + 1)).floor(), (across * (width - wide + 1)).floor()
        box = torch.stack([top, top + tall, left, left + wide]).to(images.device, non_blocking=True)
        inside = within(box, height, width)
        if self.fill == "noise":
            count = images[0].numel()
            filling = hashed(key.to(images.device, non_blocking=True), count).view(images.shape) * scene.brightest
        else:
            filling = images.new_tensor(scene.neutral, dtype=torch.float32).view(-1, 1, 1)
        return torch.where(inside, filling, images.float())


def within(box: Tensor, height: int, width: int) -> Tensor:
    """Where an image is inside its box: [B, 1, H, W]; the box is top, bottom, left and right, [4, B]."""
    import torch

    top, bottom, left, right = (box[edge].view(-1, 1) for edge in range(4))
    rows = torch.arange(height, device=box.device)
    columns = torch.arange(width, device=box.device)
    vertical = (rows >= top) & (rows < bottom)
    horizontal = (columns >= left) & (columns < right)
    inside: Tensor = vertical[:, :, None] & horizontal[:, None, :]
    return inside[:, None]
