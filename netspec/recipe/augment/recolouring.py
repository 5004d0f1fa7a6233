"""Augmentations that leave pixels where they are: other colours, noise, and rectangles taken away."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from netspec.recipe.augment.base import Fractions, Pixelwise, Ratios, Share
from netspec.recipe.function import Function, functional


class ColorJitter(Pixelwise):
    """Brightness, contrast, saturation and hue changed, in this order.

    The first three are factors from 1 - x to 1 + x, and not below 0; the last is a turn of up to x of the circle of
    colours either way.
    """

    key: ClassVar[str] = "color_jitter"
    drawn: ClassVar[int] = 4

    brightness: float = Field(0.0, ge=0)
    contrast: float = Field(0.0, ge=0)
    saturation: float = Field(0.0, ge=0)
    hue: float = Field(0.0, ge=0, le=0.5)

    def recolour(self) -> Function:
        widths = {f"by_{name}": width for name, width in self.model_dump().items()}
        return functional("augment.recolouring.color_jitter", **widths)


class Grayscale(Pixelwise):
    """Without colour, with probability `p`; the channels stay as many."""

    key: ClassVar[str] = "grayscale"
    also: ClassVar[tuple[str, ...]] = ("random_grayscale", "to_gray")
    main: ClassVar[str | None] = "p"
    drawn: ClassVar[int] = 1

    p: Share = 0.1


class GaussianNoise(Pixelwise):
    """Normal noise added to every value; its standard deviation `sigma` is a share of the brightest pixel."""

    key: ClassVar[str] = "gaussian_noise"
    also: ClassVar[tuple[str, ...]] = ("noise",)
    main: ClassVar[str | None] = "sigma"
    drawn: ClassVar[int] = 1

    sigma: float = Field(0.1, gt=0)


class Erase(Pixelwise):
    """A rectangle filled, with probability `p` (random erasing, arXiv:1708.04896).

    Its area is a share of the image's in `scale`, its width over its height in `ratio`. It is filled with what becomes
    0 once normalised, or with noise: a random value for every pixel.
    """

    key: ClassVar[str] = "erase"
    also: ClassVar[tuple[str, ...]] = ("random_erasing", "cutout")
    main: ClassVar[str | None] = "p"
    drawn: ClassVar[int] = 6

    p: Share = 0.5
    scale: Fractions = (0.02, 0.33)
    ratio: Ratios = (0.3, 3.3)
    fill: Literal["neutral", "noise"] = "neutral"
