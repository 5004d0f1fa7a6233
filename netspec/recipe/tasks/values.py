"""Values for each image: numbers, or the image itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.metrics.errors import R2, Mae, MeanSquaredError, Psnr
from netspec.recipe.tasks.base import Compared, Problem, Range, Task, TaskFacts, axes, found_targets, other_task

if TYPE_CHECKING:
    from torch import Tensor


class _OfValues(Task):
    """Base of tasks whose targets are values in the outputs' shape."""

    def criterion(self, loss: Loss) -> Function:
        return loss.of_values()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        return loss.takes_values()

    def compared(self, loss: Loss) -> Compared:
        """The values that outputs stand for, by the loss: of one that takes the sigmoid itself, that."""
        return lambda outputs, targets: (loss.values(outputs), targets)

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function | None:
        values = loss.to_values()
        return values and functional("compared.told_values", values=values)


class Regression(_OfValues):
    """Numbers that belong to an image; the network gives as many."""

    key: ClassVar[str] = "regression"
    judged: ClassVar[str] = "values"

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return Mae(), MeanSquaredError(), R2()

    def takes(self, facts: TaskFacts) -> bool:
        return not facts.classes and facts.targets is not None

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.targets is None or not self.takes(facts):
            text = f"regression takes values for each image; {facts.data} has {found_targets(facts)}"
            return [(text, other_task(facts))]
        wanted = facts.targets or (1,)
        if facts.outputs == wanted:
            return []
        text = f"{facts.data} has targets of {axes(wanted)}, the network gives {axes(facts.outputs)}"
        return [(text, f"end the network with {axes(wanted)}")]

    def range_of(self, facts: TaskFacts) -> Range | None:
        return facts.target_range

    def bring_within(self, within: Range) -> str:
        return "scale the targets, or take `mse`"

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return targets.unsqueeze(1) if targets.ndim == 1 else targets

    def compared(self, loss: Loss) -> Compared:
        """Rows in double precision: the variance of targets far from zero is a small difference of sums."""
        return lambda outputs, targets: (loss.values(outputs).flatten(1).double(), targets.flatten(1).double())

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        return functional("compared.in_columns")

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function | None:
        values = loss.to_values()
        return functional("compared.told_as_rows", values=values) if values else functional("compared.as_rows")


class Autoencoding(_OfValues):
    """The image itself: the network gives again what it takes."""

    key: ClassVar[str] = "autoencoding"
    judged: ClassVar[str] = "images"
    compared_with: ClassVar[str] = "the inputs, which are given again,"
    also: ClassVar[tuple[str, ...]] = ("reconstruction",)

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return Psnr(), MeanSquaredError()

    def takes(self, facts: TaskFacts) -> bool:
        return facts.targets is None

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.outputs == facts.inputs:
            return []
        taken, given = axes(facts.inputs), axes(facts.outputs)
        text, help = f"an autoencoder gives what it takes, {taken}; the network gives {given}", ""
        if facts.targets is None:
            text = f"{facts.data} has no targets: the network is to give what it takes, {taken}, and gives {given}"
            help = f"give the data {facts.labelled}, or " if facts.labelled else ""
        return [(text, f"{help}end the network with {taken}")]

    def range_of(self, facts: TaskFacts) -> Range | None:
        return facts.input_range

    def bring_within(self, within: Range) -> str:
        low, high = (0.0, 1.0) if within[0] <= 0 and within[1] >= 1 else within
        if not math.isfinite(high - low):
            return super().bring_within(within)
        return f"write `range: [{low:g}, {high:g}]` at `data` where they are images, or take `mse`"

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return inputs

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        return functional("compared.again")
