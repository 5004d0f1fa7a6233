"""Mirrored images."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.augment.base import Geometric, Share
from netspec.recipe.function import Function, functional


class _Mirror(Geometric):
    """Mirrors along an axis of [B, C, H, W]."""

    main: ClassVar[str | None] = "p"
    axis: ClassVar[int]

    p: Share = 0.5

    @property
    def numbers(self) -> int:
        return 1

    def move(self) -> Function:
        return functional("augment.geometric.flip", p=self.p, axis=self.axis)


class Flip(_Mirror):
    """Left and right exchanged, with probability `p`."""

    key: ClassVar[str] = "flip"
    also: ClassVar[tuple[str, ...]] = ("horizontal_flip", "random_horizontal_flip", "hflip")
    axis: ClassVar[int] = 3


class VerticalFlip(_Mirror):
    """Top and bottom exchanged, with probability `p`."""

    key: ClassVar[str] = "vertical_flip"
    also: ClassVar[tuple[str, ...]] = ("random_vertical_flip", "vflip")
    axis: ClassVar[int] = 2
