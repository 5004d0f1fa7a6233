"""Policies: for each image, changes drawn from a list of common ones."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from netspec.recipe.augment.base import Augmentation
from netspec.recipe.function import Function, functional


class RandAugment(Augmentation):
    """`num_ops` changes for each image, all of the same magnitude (RandAugment, arXiv:1909.13719).

    The changes and their reach are torchvision's; `magnitude` is out of 30.
    """

    key: ClassVar[str] = "randaugment"
    main: ClassVar[str | None] = "magnitude"

    magnitude: float = Field(9, ge=0, le=30)
    num_ops: int = Field(2, ge=1, le=8)

    @property
    def numbers(self) -> int:
        return 3 * self.num_ops

    def function(self) -> Function:
        return functional("augment.policies.rand_augment", **self.model_dump())


class TrivialAugment(Augmentation):
    """One change for each image, of a random strength (TrivialAugment, arXiv:2103.10158, its wide space)."""

    key: ClassVar[str] = "trivial_augment"
    also: ClassVar[tuple[str, ...]] = ("trivial_augment_wide",)
    drawn: ClassVar[int] = 3

    def function(self) -> Function:
        return functional("augment.policies.trivial_augment")
