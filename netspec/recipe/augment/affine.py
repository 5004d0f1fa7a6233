"""Rotated, shifted, scaled and sheared images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Geometric, Ratios, Share

if TYPE_CHECKING:
    from torch import Tensor


class Affine(Geometric):
    """Turned by up to `degrees`, moved by shares of the size, scaled and sheared, all about the middle."""

    key: ClassVar[str] = "affine"
    also: ClassVar[tuple[str, ...]] = ("random_affine",)
    main: ClassVar[str | None] = "degrees"

    degrees: float = Field(0.0, ge=0, le=180)
    translate: Share = 0.0
    scale: Ratios = (1.0, 1.0)
    shear: float = Field(0.0, ge=0, lt=90)

    @property
    def numbers(self) -> int:
        return 6

    def move(self, images: Tensor, draws: Tensor, fill: int, nearest: bool) -> Tensor:
        from netspec.recipe.augment._maps import affine_maps
        from netspec.recipe.augment._resample import warped

        height, width = images.shape[2:]
        turn, across, down, scale, shear_x, shear_y = draws.unbind(1)
        maps = affine_maps(
            degrees=(2 * turn - 1) * self.degrees,
            # Whole pixels, so that what is only moved stays sharp.
            right=((2 * across - 1) * self.translate * width).round(),
            down=((2 * down - 1) * self.translate * height).round(),
            scale=self.scale[0] + scale * (self.scale[1] - self.scale[0]),
            shear_x=(2 * shear_x - 1) * self.shear,
            shear_y=(2 * shear_y - 1) * self.shear,
        )
        return warped(images, maps.to(images.device), fill, nearest)


class Rotate(Geometric):
    """Turned by an angle up to `degrees` either way, about the middle."""

    key: ClassVar[str] = "rotate"
    also: ClassVar[tuple[str, ...]] = ("random_rotation", "rotation")
    main: ClassVar[str | None] = "degrees"

    degrees: float = Field(gt=0, le=180)

    @property
    def numbers(self) -> int:
        return 1

    def move(self, images: Tensor, draws: Tensor, fill: int, nearest: bool) -> Tensor:
        from netspec.recipe.augment._maps import affine_maps
        from netspec.recipe.augment._resample import warped

        maps = affine_maps(degrees=(2 * draws[:, 0] - 1) * self.degrees)
        return warped(images, maps.to(images.device), fill, nearest)
