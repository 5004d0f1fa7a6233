"""Policies: for each image, changes drawn from a list of common ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import Field

from netspec.recipe.augment.base import Augmentation, Scene

if TYPE_CHECKING:
    from torch import Tensor


class Change(NamedTuple):
    """One of the changes that a policy draws from.

    Attributes:
        name: In `_maps` or `_colours`.
        reach: What strength 1 means: the amount for images of a height and width.
        signed: Whether the amount goes either way.
    """

    name: str
    reach: Callable[[int, int], float] = lambda height, width: 0.0
    signed: bool = True


MOVES = ("shear_x", "shear_y", "right", "down", "degrees")
"""Changes that are affine maps: all of a batch are done together."""


class Policy(Augmentation):
    """Base of policies. An image gets `count` changes, one after the other."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is drawn from, each as likely."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """Changes for each image."""
        return 1

    @property
    def numbers(self) -> int:
        return 3 * self.count

    def strength(self, drawn: Tensor) -> Tensor:
        """From uniform numbers [B] to strengths from 0 to 1, [B]."""
        raise NotImplementedError

    def apply(self, images: Tensor, targets: Tensor, draws: Tensor, scene: Scene) -> tuple[Tensor, Tensor]:
        images = images.float()
        masks = targets.ndim == 3 and not targets.is_floating_point()
        for start in range(0, self.numbers, 3):
            which, how_much, sign = draws[:, start : start + 3].unbind(1)
            chosen = (which * len(self.changes)).long()
            strength = self.strength(how_much)
            signs = (sign < 0.5) * -2.0 + 1.0
            images, maps = self._change(images, chosen, strength, signs, scene)
            if masks and maps is not None:
                from netspec.recipe.augment._resample import warped

                moved = warped(targets[:, None], maps.to(targets.device), scene.ignored, nearest=True)
                targets = moved[:, 0].to(targets.dtype)
        return images, targets

    def _change(
        self, images: Tensor, chosen: Tensor, strength: Tensor, signs: Tensor, scene: Scene
    ) -> tuple[Tensor, Tensor | None]:
        """The images after a change each; and the affine maps, where there are any."""
        import torch

        from netspec.recipe.augment import _colours
        from netspec.recipe.augment._maps import affine_maps
        from netspec.recipe.augment._resample import warped

        height, width = images.shape[2:]
        moves = {name: torch.zeros_like(strength) for name in MOVES}
        changed = images.clone()
        for index, change in enumerate(self.changes):
            rows = (chosen == index).nonzero().flatten()
            if change.name == "identity" or not len(rows):
                continue
            amount = strength[rows] * change.reach(height, width)
            amount = amount * signs[rows] if change.signed else amount
            if change.name in MOVES:
                moves[change.name][rows] = amount
                continue
            there = rows.to(images.device)
            amount = _AMOUNTS[change.name](amount) if change.name in _AMOUNTS else 1 + amount
            changed[there] = getattr(_colours, change.name)(images[there], amount, scene.brightest)
        if not any(move.any() for move in moves.values()):
            return changed, None
        moves["right"], moves["down"] = moves["right"].round(), moves["down"].round()
        maps = affine_maps(**moves)
        still = torch.stack([move == 0 for move in moves.values()]).all(0)
        moved = warped(changed, maps.to(images.device), 0.0, nearest=False)
        return torch.where(still.to(images.device).view(-1, 1, 1, 1), changed, moved), maps


_AMOUNTS: dict[str, Callable[[Tensor], Tensor]] = {
    "posterize": lambda value: 8 - value.round(),
    "solarize": lambda value: 1 - value,
}
"""From how far a change goes to what its function takes; with others 1 is what changes nothing."""

_PLAIN = (Change("identity"), Change("autocontrast", signed=False), Change("equalize", signed=False))


def _colour(reach: float) -> tuple[Change, ...]:
    return tuple(
        Change(name, lambda height, width: reach) for name in ("brightness", "saturation", "contrast", "sharpness")
    )


class RandAugment(Policy):
    """`num_ops` changes for each image, all of the same magnitude (RandAugment, arXiv:1909.13719).

    The changes and their reach are torchvision's; `magnitude` is out of 30.
    """

    key: ClassVar[str] = "randaugment"
    main: ClassVar[str | None] = "magnitude"

    magnitude: float = Field(9, ge=0, le=30)
    num_ops: int = Field(2, ge=1, le=8)

    @property
    def count(self) -> int:
        return self.num_ops

    @property
    def changes(self) -> tuple[Change, ...]:
        return (
            *_PLAIN,
            Change("shear_x", lambda height, width: 16.699),  # the angle whose tangent is 0.3
            Change("shear_y", lambda height, width: 16.699),
            Change("right", lambda height, width: 150 / 331 * width),
            Change("down", lambda height, width: 150 / 331 * height),
            Change("degrees", lambda height, width: 30.0),
            *_colour(0.9),
            Change("posterize", lambda height, width: 4.0, signed=False),
            Change("solarize", lambda height, width: 1.0, signed=False),
        )

    def strength(self, drawn: Tensor) -> Tensor:
        import torch

        return torch.full_like(drawn, self.magnitude / 30)


class TrivialAugment(Policy):
    """One change for each image, of a random strength (TrivialAugment, arXiv:2103.10158, its wide space)."""

    key: ClassVar[str] = "trivial_augment"
    also: ClassVar[tuple[str, ...]] = ("trivial_augment_wide",)

    @property
    def changes(self) -> tuple[Change, ...]:
        return (
            *_PLAIN,
            Change("shear_x", lambda height, width: 44.704),  # the angle whose tangent is 0.99
            Change("shear_y", lambda height, width: 44.704),
            Change("right", lambda height, width: 32.0),
            Change("down", lambda height, width: 32.0),
            Change("degrees", lambda height, width: 135.0),
            *_colour(0.99),
            Change("posterize", lambda height, width: 6.0, signed=False),
            Change("solarize", lambda height, width: 1.0, signed=False),
        )

    def strength(self, drawn: Tensor) -> Tensor:
        return (drawn * 31).floor() / 30
