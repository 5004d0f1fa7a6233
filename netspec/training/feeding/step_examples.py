"""The examples of a step, and the part of them that this process's network is fed, augmented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from netspec.diagnostics import Code, Diagnostic, NetspecError
from netspec.frontend.problems import NOWHERE, Places
from netspec.frontend.schema import SECTION
from netspec.functional.augment.augmenting import all_changed, alternated, step_numbers
from netspec.functional.augment.changes import Change
from netspec.functional.augment.mixing import Mix, mixed, with_partners
from netspec.functional.augment.scene import Scene
from netspec.functional.order import order_generator
from netspec.recipe.augment import Augmentation
from netspec.recipe.augment.mixing import Mixing
from netspec.recipe.augmented import alternating_of, augment_problems
from netspec.recipe.data.objects import Objects
from netspec.recipe.recipe import Recipe
from netspec.training.feeding.batches import Batch
from netspec.training.feeding.boxed import numbered
from netspec.training.feeding.boxed_augment import BoxedAugment
from netspec.training.feeding.inputs import Inputs
from netspec.training.feeding.orders import Orders
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.streamed import Streamed
from netspec.training.parallel.world import Share
from netspec.training.steps.profile import Phases


@dataclass(frozen=True)
class Augment:
    """Augmentations in their order, then what the data set's options do to every image.

    Attributes:
        changes: The changes of each image, each with the count of its numbers.
        mixes: The ways to mix two images; each batch draws one.
        scene: The facts of all images.
        cropped: Whether the first change is done while images are read.
        alternating: Places of numbers that an image keeps: u in one epoch, 1 - u in the next.
        inputs: The options of the data set, applied last.
    """

    changes: Sequence[tuple[int, Change]]
    mixes: Sequence[tuple[int, Mix]]
    scene: Scene
    cropped: bool
    alternating: tuple[int, ...]
    inputs: Inputs

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
            samples.cropped,
            alternating_of(parts),
            samples.inputs,
        )

    def __call__(
        self, batch: Batch, seed: int, step: int, share: slice = slice(None), size: int | None = None, epoch: int = 0
    ) -> tuple[Tensor, Tensor]:
        """The network's inputs and the targets of this process's rows of a global batch.

        Args:
            batch: The examples at `positions(size, share)` of the global batch.
            seed: The recipe's.
            step: The number of batches before this one since the start of the run.
            share: This process's rows of the global batch.
            size: Rows of the global batch; None where this one is all of it.
            epoch: The epoch of the step, from 0.

        Returns:
            Inputs [B, C, H, W], float32, and targets: those of the batch, or probabilities [B, classes] once mixed.
            Targets that are the batch's images become the inputs.
        """
        size = len(batch.rows) if size is None else size
        positions = self.positions(size, share)
        numbers, way = self.numbers(seed, step, size)
        draws = alternated(numbers[positions], batch.rows, seed, epoch, self.alternating)
        done = self.changes[0][0] if self.cropped else 0
        changes = self.changes[1:] if self.cropped else self.changes
        images, targets = all_changed(batch.images, batch.targets, draws[:, done:], changes, self.scene)
        if self.mixes:
            count, mix = self.mixes[way]
            own = draws[:, draws.shape[1] - count :]
            images, targets = mixed(images, targets, own, positions, share, size, mix, self.scene.classes)
        made = self.inputs(images)
        return made, made if batch.targets is batch.images else targets

    def positions(self, size: int, share: slice) -> Tensor:
        """The rows of a global batch that a process loads: its own, then those that they are mixed with."""
        return with_partners(size, share) if self.mixes else torch.arange(size)[share]

    def numbers(self, seed: int, step: int, size: int) -> tuple[Tensor, int]:
        """Uniform numbers for a global batch, [size, K], and which of the mixes."""
        count = sum(count for count, _ in self.changes)
        return step_numbers(seed, step, size, [count + more for more, _ in self.mixes] or [count])

    def reading(self, seed: int, step: int, size: int, share: slice = slice(None)) -> Tensor:
        """The numbers for cropping the images at `positions` while they are read, for `DataSplit.batches`."""
        chance, _ = self.numbers(seed, step, size)
        return chance[self.positions(size, share), : self.changes[0][0]]


def augment_of(recipe: Recipe, samples: Samples) -> Augment | BoxedAugment:
    """The augmentations of a recipe for its data: of images of one size, or of those with boxes."""
    if isinstance(recipe.data, Objects):
        return BoxedAugment.of(recipe.augment, samples.scene, samples.inputs, recipe.data.visible)
    return Augment.of(recipe.augment, samples)


def check_augment(parts: Sequence[Augmentation], samples: Samples, places: Places = NOWHERE) -> None:
    """Make sure that augmentations fit the images and each other.

    Args:
        parts: In the order of the recipe.
        samples: The result of `prepare` for the recipe's data and these parts.
        places: The places of the spec's values, for the diagnostics.

    Raises:
        NetspecError: NS0801, a diagnostic for each that cannot be done to these images.
    """
    if samples.objects:
        return  # the recipe has none that leaves boxes behind
    found = augment_problems(parts, samples.read, samples.inputs.shape, samples.shape, samples.mixable)
    if found:
        raise NetspecError(
            [
                Diagnostic(Code.BAD_RECIPE, text, places.span((SECTION, "augment", index)), help=help)
                for index, text, help in found
            ]
        )


class Feed:
    """The training images in the order of every epoch: a function of the seed, whatever the number of processes.

    Attributes:
        per_epoch: Steps in a round over the images.
        phases: Watches where the time goes.
    """

    def __init__(self, recipe: Recipe, samples: Samples, share: Share) -> None:
        """Make it ready.

        Args:
            recipe: Says how many images make a batch, how many batches a step, and how images are augmented.
            samples: The data.
            share: This process's part of each batch.
        """
        self._recipe, self._samples, self._share = recipe, samples, share
        self._augment = augment_of(recipe, samples) if recipe.augment else None
        self._size = recipe.data.learned(len(samples.train))
        self._orders_of = Orders(recipe.data, samples.train, recipe.seed)
        self.per_epoch = recipe.steps_per_epoch(len(samples.train))
        self.phases = Phases()

    def images(self, position: int) -> int:
        """Images that all processes have seen after so many steps of an epoch."""
        return min(position * self._recipe.step_size, self._size)

    def seen(self, step: int) -> int:
        """Images that all processes have seen after so many steps of the run."""
        epochs, position = divmod(step, self.per_epoch)
        return epochs * self.images(self.per_epoch) + self.images(position)

    def weights(self, position: int) -> list[float]:
        """The factors of the mean losses of this process's batches, in a step of an epoch, counted from 0."""
        start, end, batch = self.images(position), self.images(position + 1), self._recipe.data.batch_size
        return [self._share.weight(min(batch, end - at), end - start) for at in range(start, end, batch)]

    def batches(self, epoch: int, position: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs and targets of every batch of an epoch from a step on; both count from 0."""
        return self._made(self._orders(epoch, position), epoch, position)

    def examples(self, epoch: int, position: int) -> dict[str, Tensor]:
        """The examples of a step: `rows` of the split, `images` as they were read, `inputs` and `targets`.

        Of images with boxes each is a tensor of its own: `images.0`, `inputs.0`, `boxes.0`, `labels.0`, ...
        """
        orders = self._orders(epoch, position)[: self._recipe.accumulate]
        rows = [order[self._share.of(len(order))] for order in orders]
        images = [batch.images for batch in self._samples.train.batches(rows)]
        inputs, targets = zip(*self._made(orders, epoch, position), strict=True)
        if self._samples.objects:
            return {"rows": torch.cat(rows), **numbered(images, inputs, targets)}
        found = {"rows": rows, "images": images, "inputs": inputs, "targets": targets}
        return {name: torch.cat(tuple(tensors)) for name, tensors in found.items()}

    def _orders(self, epoch: int, position: int) -> list[Tensor]:
        """The rows of each batch of an epoch from a step on, of all processes together."""
        order = self._orders_of.of(epoch)[: self._size][position * self._recipe.step_size :]
        return list(order.split(self._recipe.data.batch_size))

    def _made(self, orders: Sequence[Tensor], epoch: int, position: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs and targets of batches that follow each other, the first of which begins a step."""
        shares = [self._share.of(len(order)) for order in orders]
        soon = self._orders_of.soon(epoch, position * self._recipe.step_size, [len(order) for order in orders])
        if self._augment:
            first = (epoch * self.per_epoch + position) * self._recipe.accumulate
            yield from self._augmented(self._augment, orders, shares, first, epoch, soon)
            return
        rows = [order[own] for order, own in zip(orders, shares, strict=True)]
        for batch in self._read(rows, self._draws(orders, shares, epoch), soon):
            with self.phases.phase("augmentation"):
                inputs = self._samples.inputs(batch.images)
            yield inputs, inputs if batch.targets is batch.images else batch.targets

    def _draws(self, orders: Sequence[Tensor], shares: Sequence[slice], epoch: int) -> list[Tensor] | None:
        """A random number for each example of each batch, [B, 1], of a split that takes some in every round; or None.

        It is a function of the seed, the epoch and the row, whatever batch and process the row is in.
        """
        if not getattr(self._samples.train, "draws", 0):
            return None
        chance = torch.rand(len(self._samples.train), 1, generator=order_generator(self._recipe.seed + 1, epoch))
        return [chance[order[own]] for order, own in zip(orders, shares, strict=True)]

    def _read(
        self, rows: Sequence[Tensor], draws: Sequence[Tensor] | None, soon: Sequence[Tensor] | None
    ) -> Iterator[Batch]:
        """Batches of the training examples; where they come out of a buffer, what enters it is read meanwhile."""
        train = self._samples.train
        if soon is not None and isinstance(train, Streamed):
            return train.batches(rows, draws, soon)
        return train.batches(rows, draws)

    def _augmented(
        self,
        augment: Augment | BoxedAugment,
        orders: Sequence[Tensor],
        shares: Sequence[slice],
        first: int,
        epoch: int,
        soon: Sequence[Tensor] | None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The same, augmented; `first` is the number of the first batch since the start of the run."""
        seed, parts = self._recipe.seed, list(enumerate(zip(orders, shares, strict=True), first))
        rows = [order[augment.positions(len(order), own)] for _, (order, own) in parts]
        draws = None
        if isinstance(augment, Augment) and augment.cropped:
            draws = [augment.reading(seed, number, len(order), own) for number, (order, own) in parts]
        read = self._read(rows, draws, soon)
        for batch, (number, (order, own)) in zip(read, parts, strict=True):
            with self.phases.phase("augmentation"):
                made: Any = augment(cast("Any", batch), seed, number, own, len(order), epoch)
            yield made
