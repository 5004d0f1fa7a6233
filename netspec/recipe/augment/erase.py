"""Rectangles of images taken away."""

from __future__ import annotations

from typing import ClassVar, Literal

from netspec.recipe.augment.base import Fractions, Pixelwise, Ratios, Share


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
