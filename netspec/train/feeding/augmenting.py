"""A recipe's augmentations as one function: from a batch as read to the inputs of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.frontend.problems import NOWHERE, Places
from netspec.frontend.schema import SECTION
from netspec.functional.augment.augmenting import Augmenting
from netspec.recipe.augment import Augmentation
from netspec.recipe.augment.mixing import Mixing
from netspec.recipe.augmented import augment_problems
from netspec.train.feeding.batches import Batch
from netspec.train.feeding.inputs import Inputs
from netspec.train.feeding.samples import Samples


@dataclass(frozen=True)
class Augment(Augmenting):
    """Augmentations in their order, then what the data set's options do to every image.

    Attributes:
        inputs: The options of the data set, applied last.
    """

    inputs: Inputs = field(kw_only=True)

    @classmethod
    def of(cls, parts: Sequence[Augmentation], samples: Samples) -> Augment:
        """The augmentations of a recipe for a data set.

        Args:
            parts: In the order of the recipe, as `check_augment` lets them pass.
            samples: The result of `prepare` for the recipe's data and these parts.
        """
        return cls(
            tuple((part.numbers, part.function().made()) for part in parts if not isinstance(part, Mixing)),
            tuple((part.numbers, part.function().made()) for part in parts if isinstance(part, Mixing)),
            samples.scene,
            int(samples.cropped),
            inputs=samples.inputs,
        )

    @property
    def cropped(self) -> bool:
        """Whether the first part is done while images are read."""
        return self.done > 0

    def __call__(
        self, batch: Batch, seed: int, step: int, share: slice = slice(None), size: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """The network's inputs and the targets of this process's rows of a global batch.

        Args:
            batch: The examples at `positions(size, share)` of the global batch.
            seed: The recipe's.
            step: The number of batches before this one since the start of the run.
            share: This process's rows of the global batch.
            size: Rows of the global batch; None where this one is all of it.

        Returns:
            Inputs [B, C, H, W], float32, and targets: those of the batch, or probabilities [B, classes] once mixed.
            Targets that are the batch's images become the inputs.
        """
        size = len(batch.rows) if size is None else size
        images, targets = self.augmented(batch.images, batch.targets, seed, step, share, size)
        made = self.inputs(images)
        return made, made if batch.targets is batch.images else targets

    def reading(self, seed: int, step: int, size: int, share: slice = slice(None)) -> Tensor:
        """The numbers for cropping the images at `positions` while they are read, for `DataSplit.batches`."""
        chance, _ = self.numbers(seed, step, size)
        return chance[self.positions(size, share), : self.changes[0][0]]


def check_augment(parts: Sequence[Augmentation], samples: Samples, places: Places = NOWHERE) -> None:
    """Make sure that augmentations fit the images and each other.

    Args:
        parts: In the order of the recipe.
        samples: The result of `prepare` for the recipe's data and these parts.
        places: The places of the spec's values, for the diagnostics.

    Raises:
        NetspecError: NS0801, a diagnostic for each that cannot be done to these images.
    """
    found = augment_problems(parts, samples.read, samples.inputs.shape, samples.shape, samples.mixable)
    if found:
        raise NetspecError(
            [
                Diagnostic(Code.BAD_RECIPE, text, places.span((SECTION, "augment", index)), help=help)
                for index, text, help in found
            ]
        )
