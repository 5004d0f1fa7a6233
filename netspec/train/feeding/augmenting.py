"""The list of a recipe's augmentations as one: from a batch as read to what the network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.recipe.augment import Augmentation, Scene
from netspec.recipe.augment.draws import generator
from netspec.recipe.augment.mixing import Mixing, soft
from netspec.recipe.findings import Spans, nowhere
from netspec.train.feeding.batches import Batch
from netspec.train.feeding.inputs import Inputs
from netspec.train.feeding.samples import Samples

_STREAM = 1
"""Keeps the numbers of augmentation apart from others that are drawn by the same seed and step."""


@dataclass(frozen=True, slots=True)
class Augment:
    """Augmentations in their order, then what the data set's options do to every image.

    All random numbers of a step are drawn on the CPU for the whole global batch, by seed and step alone, and each
    process takes the rows that are its own: results depend neither on the device, nor on the number of processes, nor
    on where a run was taken up again.

    Attributes:
        parts: Those that take each image for itself.
        mixing: Those that take two; each batch draws one of them.
        scene: What is true of all images.
        inputs: What comes after.
        cropped: Whether the first part is done while images are read.
    """

    parts: tuple[Augmentation, ...]
    mixing: tuple[Mixing, ...]
    scene: Scene
    inputs: Inputs
    cropped: bool = False

    @classmethod
    def of(cls, parts: Sequence[Augmentation], samples: Samples) -> Augment:
        """The augmentations of a recipe for a data set.

        Args:
            parts: In the order of the recipe, as `check_augment` lets them pass.
            samples: What `prepare` gave of the recipe's data and these parts.
        """
        return cls(
            tuple(part for part in parts if not isinstance(part, Mixing)),
            tuple(part for part in parts if isinstance(part, Mixing)),
            samples.scene,
            samples.inputs,
            samples.cropped,
        )

    def __call__(
        self, batch: Batch, seed: int, step: int, share: slice = slice(None), size: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """The network's inputs and the targets of this process's rows of a global batch.

        Args:
            batch: The examples at `positions(size, share)` of the global batch.
            seed: The recipe's.
            step: The number of batches before this one since the start of the run.
            share: Which rows of the global batch are this process's.
            size: Rows of the global batch; None where this one is all of it.

        Returns:
            Inputs [B, C, H, W], float32, and targets: those of the batch, or probabilities [B, classes] once mixed.
            Where the batch's targets are its images, they are the inputs.
        """
        size = len(batch.rows) if size is None else size
        positions = self.positions(size, share)
        chance, chosen = self._numbers(seed, step, size)
        images, targets, start = batch.images, batch.targets, 0
        images_are_targets = targets is images
        for index, part in enumerate(self.parts):
            draws = chance[positions, start : start + part.numbers]
            start += part.numbers
            if index or not self.cropped:
                images, targets = part.apply(images, targets, draws, self.scene)
        own = len(range(*share.indices(size)))
        if self.mixing and size > 1:
            mixing = self.mixing[chosen]
            partners = _partners(positions, size).to(images.device, non_blocking=True)
            numbers = chance[positions, start:]
            images, targets = mixing.mix(images.float(), soft(targets, self.scene), partners, numbers)
        elif self.mixing:
            targets = soft(targets, self.scene)
        made = self.inputs(images[:own])
        return made, made if images_are_targets else targets[:own]

    def positions(self, size: int, share: slice = slice(None)) -> Tensor:
        """What a process loads of a global batch: its own rows, then those that its own are mixed with elsewhere."""
        own = torch.arange(size)[share]
        if not self.mixing:
            return own
        partners = (own + size // 2) % size
        return torch.cat([own, partners[~torch.isin(partners, own)]])

    def reading(self, seed: int, step: int, size: int, share: slice = slice(None)) -> Tensor:
        """The numbers by which the images at `positions` are cropped while they are read, for `Split.batches`."""
        chance, _ = self._numbers(seed, step, size)
        return chance[self.positions(size, share), : self.parts[0].numbers]

    def _numbers(self, seed: int, step: int, size: int) -> tuple[Tensor, int]:
        """Uniform numbers for all images of a global batch, [size, K], and which of the mixing parts is drawn."""
        stream = generator(seed, step, _STREAM)
        chosen = int(torch.randint(max(1, len(self.mixing)), (1,), generator=stream))
        count = sum(part.numbers for part in self.parts)
        if self.mixing:
            count += self.mixing[chosen].numbers
        return torch.rand(size, count, generator=stream), chosen


def _partners(positions: Tensor, size: int) -> Tensor:
    """Where in a process's batch the partner of each row stands; a row that was loaded for another stays alone."""
    places = torch.full((size,), -1)
    places[positions] = torch.arange(len(positions))
    partners = places[(positions + size // 2) % size]
    return torch.where(partners < 0, torch.arange(len(positions)), partners)


def check_augment(parts: Sequence[Augmentation], samples: Samples, span: Spans = nowhere) -> None:
    """Make sure that augmentations fit the images and each other.

    Args:
        parts: In the order of the recipe.
        samples: What `prepare` gave of the recipe's data and these parts.
        span: The place of a value of the recipe, for the diagnostics.

    Raises:
        NetspecError: NS0801, a diagnostic for each that cannot be done to these images.
    """
    found: list[Diagnostic] = []

    def refuse(index: int, message: str, help: str | None = None) -> None:
        found.append(Diagnostic(Code.BAD_RECIPE, message, span(("augment", index)), help=help))

    shape = samples.read
    for index, part in enumerate(parts):
        later = next((other.key for other in parts[index + 1 :] if not isinstance(other, Mixing)), None)
        if isinstance(part, Mixing) and later:
            refuse(index, f"`{part.key}` mixes finished images: `{later}` must stand before it")
        if isinstance(part, Mixing) and not samples.mixable:
            refuse(index, f"`{part.key}` cannot mix the targets of these data", "it mixes classes and numbers")
        try:
            shape = part.shape(shape)
        except ValueError as error:
            refuse(index, str(error))
            break
    else:
        made = samples.inputs.shape(shape)
        if made != samples.shape:
            refuse(
                0,
                f"augmented images become {list(made)}, those for judging {list(samples.shape)}: both must be the same",
                "change the size of the crop, or `resize`, `pad` or `crop` at `data`",
            )
    if found:
        raise NetspecError(found)
