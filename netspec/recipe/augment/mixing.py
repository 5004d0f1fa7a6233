"""Images mixed with others of their batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Augmentation
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    pass


class Mixing(Augmentation):
    """Base of those that mix an image with its partner, the one half a batch further on; targets are mixed alike.

    They come last, on images that are finished. Where a recipe has several, each batch draws one of them.

    Attributes:
        alpha: The mixing ratio is drawn from Beta(alpha, alpha), for each image.
    """

    main: ClassVar[str | None] = "alpha"

    alpha: float = Field(gt=0)

    def function(self) -> Function:
        """The mixing of a batch with its partners: a `netspec.functional.augment.mixing.Mix`."""
        return functional(f"augment.mixing.{self.key}", alpha=self.alpha)


class Mixup(Mixing):
    """The weighted mean of two images and of their targets (arXiv:1710.09412)."""

    key: ClassVar[str] = "mixup"
    drawn: ClassVar[int] = 1

    alpha: float = Field(0.2, gt=0)


class Cutmix(Mixing):
    """A rectangle of another image put in; targets are mixed by the areas (arXiv:1905.04899)."""

    key: ClassVar[str] = "cutmix"
    drawn: ClassVar[int] = 3

    alpha: float = Field(1.0, gt=0)
