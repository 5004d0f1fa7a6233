"""Augmentation of images with boxes, each image by itself, since they differ in size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.functional.augment.augmenting import alternated, step_numbers
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
        scene: The facts of all images.
        alternating: Places of numbers that an image keeps: u in one epoch, 1 - u in the next.
        visible: The share of a box that must be left for its object to stay.
        inputs: Makes images what the network takes.
    """

    changes: Sequence[tuple[int, BoxedChange]]
    scene: Scene
    alternating: tuple[int, ...]
    visible: float
    inputs: Inputs

    @classmethod
    def of(cls, parts: Sequence[Augmentation], scene: Scene, inputs: Inputs, visible: float) -> BoxedAugment:
        """The augmentations of a recipe, all of which move boxes: `read_recipe` sees to it."""
        found = [(part.numbers, function) for part in parts if (function := part.boxed()) is not None]
        changes = tuple((count, function.made()) for count, function in found)
        return cls(changes, scene, alternating_of(parts), visible, inputs)

    def positions(self, size: int, share: slice) -> Tensor:
        """The rows of a global batch that a process loads: its own."""
        return torch.arange(size)[share]

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
        numbers, _ = step_numbers(seed, step, size, [sum(count for count, _ in self.changes)])
        draws = alternated(numbers[share], batch.rows, seed, epoch, self.alternating)
        images, targets = augmented_boxes(batch.images, batch.targets, draws, self.changes, self.scene, self.visible)
        return self.inputs(images), targets  # type: ignore[arg-type, return-value]
