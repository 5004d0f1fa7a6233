"""Several labels for each image, each of which it has or has not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.metrics.labels import LabelF1, MeanAveragePrecision
from netspec.recipe.tasks.base import Compared, Problem, Task, TaskFacts, axes, found_targets, other_task

if TYPE_CHECKING:
    from torch import Tensor


class MultiLabel(Task):
    """Labels that an image has, 1, or has not, 0; the network gives a logit for each."""

    key: ClassVar[str] = "multi_label"
    judged: ClassVar[str] = "labels"
    also: ClassVar[tuple[str, ...]] = ("multilabel",)

    def criterion(self, loss: Loss) -> Function:
        return loss.of_values()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        return loss.of_labels

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return LabelF1(), MeanAveragePrecision()

    def takes(self, facts: TaskFacts) -> bool:
        return not facts.classes and facts.targets is not None and len(facts.targets) < 2 and facts.binary is not False

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.targets is None or not self.takes(facts):
            text = f"multi_label takes 0 or 1 for each label of an image; {facts.data} has {found_targets(facts)}"
            return [(text, other_task(facts))]
        wanted = facts.targets or (1,)
        if facts.outputs == wanted:
            return []
        text = f"{facts.data} has {wanted[0]} labels for each image, the network gives {axes(facts.outputs)}"
        return [(text, f"end the network with {wanted[0]} outputs")]

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        return targets.unsqueeze(1) if targets.ndim == 1 else targets

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        return functional("compared.in_columns")

    def compared(self, loss: Loss) -> Compared:
        return lambda outputs, targets: (outputs, targets)
