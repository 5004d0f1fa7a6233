"""Other colours."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Pixelwise, Share
from netspec.recipe.function import Function, functional


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

    def recolour(self) -> Function:
        widths = {f"by_{name}": width for name, width in self.model_dump().items()}
        return functional("augment.recolouring.color_jitter", **widths)


class Grayscale(Pixelwise):
    """Without colour, with probability `p`; the channels stay as many."""

    key: ClassVar[str] = "grayscale"
    also: ClassVar[tuple[str, ...]] = ("random_grayscale", "to_gray")
    main: ClassVar[str | None] = "p"

    p: Share = 0.1

    @property
    def numbers(self) -> int:
        return 1


class GaussianNoise(Pixelwise):
    """Normal noise added to every value; its standard deviation `sigma` is a share of the brightest pixel."""

    key: ClassVar[str] = "gaussian_noise"
    also: ClassVar[tuple[str, ...]] = ("noise",)
    main: ClassVar[str | None] = "sigma"

    sigma: float = Field(0.1, gt=0)

    @property
    def numbers(self) -> int:
        return 1
