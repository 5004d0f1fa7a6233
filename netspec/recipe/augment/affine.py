"""Rotated, shifted, scaled and sheared images."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Geometric, Ratios, Share


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


class Rotate(Geometric):
    """Turned by an angle up to `degrees` either way, about the middle."""

    key: ClassVar[str] = "rotate"
    also: ClassVar[tuple[str, ...]] = ("random_rotation", "rotation")
    main: ClassVar[str | None] = "degrees"

    degrees: float = Field(gt=0, le=180)

    @property
    def numbers(self) -> int:
        return 1
