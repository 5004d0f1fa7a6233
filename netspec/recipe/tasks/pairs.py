"""Two outputs of a network, compared with each other."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function
from netspec.recipe.losses import Loss, PairLoss
from netspec.recipe.metrics import Metric
from netspec.recipe.tasks.base import Compared, Problem, Task, TaskFacts, found_targets


class Pair(Task):
    """Two outputs that are compared with each other; some losses are told whether the two belong together."""

    key: ClassVar[str] = "pair"
    judged: ClassVar[str] = "two outputs"

    def criterion(self, loss: Loss) -> Function:
        assert isinstance(loss, PairLoss)
        return loss.of_pairs()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        return issubclass(loss, PairLoss)

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return ()

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        return []

    def unfit(self, loss: Loss, facts: TaskFacts) -> list[Problem]:
        if not isinstance(loss, PairLoss) or not loss.takes_targets:
            return []
        told = facts.classes == 2 and facts.targets == ()
        numbers = not facts.classes and facts.targets in ((), (1,)) and facts.binary is not False
        if told or numbers:
            return []
        text = f"{loss.key} is told whether two outputs belong together, 1, or do not, 0"
        return [(f"{text}; {facts.data} has {found_targets(facts)}", "give such a target")]

    def compared(self, loss: Loss) -> Compared:
        return lambda outputs, targets: (outputs, targets)
