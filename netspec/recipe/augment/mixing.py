"""Images mixed with others of their batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Augmentation, Scene

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

    def ratio(self, draws: Tensor) -> Tensor:
        """The share of each image itself, [B], float32."""
        import numpy as np
        import torch
        from scipy.special import betaincinv

        # Beta by the inverse of its distribution: one uniform number makes one ratio, whatever alpha is.
        found = betaincinv(self.alpha, self.alpha, draws[:, 0].double().numpy())
        return torch.from_numpy(np.asarray(found)).float()

    def mix(self, images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Images and targets mixed with those of their partners.

        Args:
            images: Float [B, C, H, W].
            targets: Probabilities of classes [B, classes], or float targets [B, ...].
            partners: Where the partner of each stands among them, [B].
            draws: As for `apply`.
        """
        raise NotImplementedError


class Mixup(Mixing):
    """The weighted mean of two images and of their targets (arXiv:1710.09412)."""

    key: ClassVar[str] = "mixup"

    alpha: float = Field(0.2, gt=0)

    @property
    def numbers(self) -> int:
        return 1

    def mix(self, images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        ratio = self.ratio(draws).to(images.device, non_blocking=True)
        return _mean(images, images[partners], ratio), _mean(targets, targets[partners], ratio)


class Cutmix(Mixing):
    """A rectangle of another image put in; targets are mixed by the areas (arXiv:1905.04899)."""

    key: ClassVar[str] = "cutmix"

    alpha: float = Field(1.0, gt=0)

    @property
    def numbers(self) -> int:
        return 3

    def mix(self, images: Tensor, targets: Tensor, partners: Tensor, draws: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        from netspec.recipe.augment.erase import within

        height, width = images.shape[2:]
        side = (1 - self.ratio(draws)).sqrt()
        down, across = (draws[:, 1] * height).floor(), (draws[:, 2] * width).floor()
        tall, wide = (side * height / 2).floor(), (side * width / 2).floor()
        box = torch.stack([down - tall, down + tall, across - wide, across + wide])
        box[:2].clamp_(0, height)
        box[2:].clamp_(0, width)
        area = (box[1] - box[0]) * (box[3] - box[2])
        ratio = (1 - area / (height * width)).to(images.device, non_blocking=True)
        inside = within(box.to(images.device, non_blocking=True), height, width)
        return torch.where(inside, images[partners], images), _mean(targets, targets[partners], ratio)


def soft(targets: Tensor, scene: Scene) -> Tensor:
    """Targets that can be mixed: probabilities [B, classes] in place of classes [B]."""
    from torch.nn import functional as F

    if targets.is_floating_point():
        return targets
    return F.one_hot(targets, scene.classes).float()


def _mean(first: Tensor, second: Tensor, ratio: Tensor) -> Tensor:
    ratio = ratio.view(-1, *[1] * (first.ndim - 1))
    return first * ratio + second * (1 - ratio)
