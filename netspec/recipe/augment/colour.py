"""Other colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Pixelwise, Scene, Share

if TYPE_CHECKING:
    from torch import Tensor


class ColorJitter(Pixelwise):
    """Brightness, contrast, saturation and hue changed, in this order.

    The first three are factors from 1 - x to 1 + x, and not below 0; the last is a turn of up to x of the circle of
    colours either way.
    """

    key: ClassVar[str] = "color_jitter"

    brightness: float = Field(0.0, ge=0)
    contrast: float = Field(0.0, ge=0)
    saturation: float = Field(0.0, ge=0)
    hue: float = Field(0.0, ge=0, le=0.5)

    @property
    def numbers(self) -> int:
        return 4

    def recolour(self, images: Tensor, draws: Tensor, scene: Scene) -> Tensor:
        from netspec.recipe.augment import _colours

        images, top = images.float(), scene.brightest
        for column, name in enumerate(("brightness", "contrast", "saturation")):
            if width := getattr(self, name):
                low, high = max(0.0, 1 - width), 1 + width
                images = getattr(_colours, name)(images, low + (high - low) * draws[:, column], top)
        if self.hue:
            images = _colours.hue(images, (2 * draws[:, 3] - 1) * self.hue, top)
        return images


class Grayscale(Pixelwise):
    """Without colour, with probability `p`; the channels stay as many."""

    key: ClassVar[str] = "grayscale"
    also: ClassVar[tuple[str, ...]] = ("random_grayscale", "to_gray")
    main: ClassVar[str | None] = "p"

    p: Share = 0.1

    @property
    def numbers(self) -> int:
        return 1

    def recolour(self, images: Tensor, draws: Tensor, scene: Scene) -> Tensor:
        import torch

        from netspec.recipe.augment._colours import gray

        chosen = (draws[:, 0] < self.p).to(images.device, non_blocking=True).view(-1, 1, 1, 1)
        images = images.float()
        return torch.where(chosen, gray(images), images)


class GaussianNoise(Pixelwise):
    """Normal noise added to every value; its standard deviation `sigma` is a share of the brightest pixel."""

    key: ClassVar[str] = "gaussian_noise"
    also: ClassVar[tuple[str, ...]] = ("noise",)
    main: ClassVar[str | None] = "sigma"

    sigma: float = Field(0.1, gt=0)

    @property
    def numbers(self) -> int:
        return 1

    def recolour(self, images: Tensor, draws: Tensor, scene: Scene) -> Tensor:
        from netspec.recipe.augment._colours import noised

        return noised(images.float(), draws[:, 0], self.sigma, scene.brightest)
