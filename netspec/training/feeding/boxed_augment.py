"""Augmentation of images with boxes, each image by itself, since they differ in size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from netspec.functional.augment.augmenting import Augmenting
from netspec.functional.augment.boxed import BoxedChange
from netspec.functional.augment.boxed_batches import augmented_boxes
from netspec.functional.augment.scene import Scene
from netspec.recipe.augment import Augmentation
from netspec.recipe.augmented import alternating_of
from netspec.training.feeding.boxed import BoxedBatch, Target
from netspec.training.feeding.inputs import Inputs


@dataclass(frozen=True)
class BoxedAugment:
    """Augmentations in their order, for images with boxes.

    Attributes:
        changes: The changes of an image, each with the count of its numbers.
        numbers: Draws the numbers of a step as for all images.
        visible: The share of a box that must be left for its object to stay.
        inputs: Makes images what the network takes.
    """

    changes: Sequence[tuple[int, BoxedChange]]
    numbers: Augmenting
    visible: float
    inputs: Inputs

    @classmethod
    def of(cls, parts: Sequence[Augmentation], scene: Scene, inputs: Inputs, visible: float) -> BoxedAugment:
        """The augmentations of a recipe, all of which move boxes: `read_recipe` sees to it."""
        found = [(part.numbers, function) for part in parts if (function := part.boxed()) is not None]
        changes = tuple((count, function.made()) for count, function in found)
        return cls(changes, Augmenting(changes, (), scene, 0, alternating_of(parts)), visible, inputs)

    def positions(self, size: int, share: slice) -> Tensor:
        """The rows of a global batch that a process loads: its own."""
        return self.numbers.positions(size, share)

    def __call__(
        self,
        batch: BoxedBatch,
        seed: int,
        step: int,
        share: slice = slice(None),
        size: int | None = None,
        epoch: int = 0,
    ) -> tuple[list[Tensor], list[Target]]:
        """Inputs, and boxes and labels, of this process's rows of a global batch, as `Augment` takes it."""
        size = len(batch.rows) if size is None else size
        images, targets = augmented_boxes(
            batch.images, batch.targets, batch.rows, self.numbers, seed, step, share, size, epoch, self.visible
        )
        return self.inputs(images), targets  # type: ignore[arg-type, return-value]
