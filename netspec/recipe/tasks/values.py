"""Values for each image: numbers, or the image itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from netspec.diagnostics.numbered import numbered
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
    """Numbers that belong to an image; the network gives as many.

    Attributes:
        standardised: Whether the loss is of values less their mean, by their deviation, both those of what is learned
            from. All other figures, and what is told of an image, are in the values' own unit.
    """

    key: ClassVar[str] = "regression"
    judged: ClassVar[str] = "values"

    standardised: bool = False

    def standardises(self) -> bool:
        return self.standardised

    def criterion(self, loss: Loss) -> Function:
        made = super().criterion(loss)
        return functional("standardising.loss_of_standardised", criterion=made) if self.standardised else made

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return Mae(), MeanSquaredError(), R2()

    def takes(self, facts: TaskFacts) -> bool:
        return not facts.classes and facts.targets is not None

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.targets is None or not self.takes(facts):
            text = f"regression takes values for each image; {facts.data} has {found_targets(facts)}"
            return [(text, other_task(facts))]
        wanted = facts.targets or (1,)
        if self.standardised and len(wanted) > 1:
            return [(f"`standardised` is for columns of values; the targets are of {axes(wanted)}", "leave it out")]
        if facts.standard is not None and {len(each) for each in facts.standard} != {*wanted}:
            told = numbered(len(facts.standard[0]), "value")
            return [(f"the run tells mean and deviation of {told}; the targets are of {axes(wanted)}", None)]
        if facts.outputs == wanted:
            return []
        text = f"{facts.data} has targets of {axes(wanted)}, the network gives {axes(facts.outputs)}"
        return [(text, f"end the network with {axes(wanted)}")]

    def range_of(self, facts: TaskFacts) -> Range | None:
        return (-math.inf, math.inf) if self.standardised else facts.target_range

    def bring_within(self, within: Range) -> str:
        return "leave `standardised` out, or take `mse`" if self.standardised else "scale the targets, or take `mse`"

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return targets.unsqueeze(1) if targets.ndim == 1 else targets

    def compared(self, loss: Loss) -> Compared:
        return self.compared_by(loss, mixed=False).made()

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        return functional("compared.in_columns")

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function:
        values = loss.to_values()
        own = {} if values is None else {"values": values}
        if self.standardised:
            return functional("standardising.own_as_rows", **own)
        return functional("compared.told_as_rows" if own else "compared.as_rows", **own)


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
