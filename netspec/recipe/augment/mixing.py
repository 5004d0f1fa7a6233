"""Images mixed with others of their batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Augmentation
from netspec.recipe.function import Function, functional

if TYPE_CHECKING:
    from torch import Tensor


class Mixing(Augmentation):
    """Base of those that mix an image with its partner, the one half a batch further on; targets are mixed alike.

    They come last, on images that are finished. Where a recipe has several, each batch draws one of them.

    Attributes:
        alpha: The mixing ratio is drawn from Beta(alpha, alpha), for each image.
    """

    main: ClassVar[str | None] = "alpha"

    alpha: float = Field(gt=0)

    def function(self) -> Function:
        """The function that `mix` calls: a `netspec.functional.augment.mixing.Mix`."""
        return functional(f"augment.mixing.{self.key}", alpha=self.alpha)

    def mix(self, images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Images and targets mixed with those of their partners.

        Args:
            images: Float [B, C, H, W].
            targets: Probabilities of classes [B, classes], or float targets [B, ...].
            partners: The index of the partner of each one among them, [B].
            draws: As for `apply`.
        """
        found: tuple[Tensor, Tensor] = self.function()(images, targets, partners, draws)
        return found


class Mixup(Mixing):
    """The weighted mean of two images and of their targets (arXiv:1710.09412)."""

    key: ClassVar[str] = "mixup"

    alpha: float = Field(0.2, gt=0)

    @property
    def numbers(self) -> int:
        return 1


class Cutmix(Mixing):
    """A rectangle of another image put in; targets are mixed by the areas (arXiv:1905.04899)."""

    key: ClassVar[str] = "cutmix"

    alpha: float = Field(1.0, gt=0)

    @property
    def numbers(self) -> int:
        return 3
