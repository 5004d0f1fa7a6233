"""One class for each image, and one for each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netspec.diagnostics.numbered import numbered
from netspec.recipe.function import Function, functional
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.metrics.shares import Accuracy, MeanIou, PixelAccuracy, Top5
from netspec.recipe.tasks.base import Compared, Problem, Task, TaskFacts, axes, found_targets, other_task

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional import figures

_LARGEST_MATRIX = 4096
"""The most classes for which a confusion matrix is counted: 128 MiB of counts."""


class _OfClasses(Task):
    """Base of tasks whose targets are classes."""

    def criterion(self, loss: Loss) -> Function:
        return loss.of_classes()

    def weighing(self, loss: Loss) -> Function | None:
        return loss.weighing()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        return loss.takes_classes()

    def compared(self, loss: Loss) -> Compared:
        from netspec.recipe.measuring.meters import labels_of

        def compared(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
            scores = loss.scores(outputs)
            return scores, labels_of(targets, scores)

        return compared

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function | None:
        scores = loss.to_scores()
        if scores is None:
            return functional("compared.of_likeliest") if mixed else None
        return functional("compared.of_likeliest_scores" if mixed else "compared.of_scores", scores=scores)

    def shown_by(self, loss: Loss, facts: TaskFacts) -> Loss:
        return (loss.told_by_one() if self._is_told_by_one(facts) else None) or loss

    def unfit(self, loss: Loss, facts: TaskFacts) -> list[Problem]:
        found = super().unfit(loss, facts)
        if self._is_told_by_one(facts) and loss.told_by_one() is None:
            text = f"{loss.key} takes an output for each of the 2 classes, the network gives {axes(facts.outputs)}"
            help = "take `bce_with_logits`, which takes one as the logit of the second, or end the network with 2"
            found.append((text, f"{help} outputs"))
        return found

    def _is_told_by_one(self, facts: TaskFacts) -> bool:
        """Whether one output tells two classes: it is the logit of the second."""
        targets = facts.targets
        return facts.classes == 2 and targets is not None and facts.outputs == (1, *targets)

    def matrix(self, loss: Loss, facts: TaskFacts) -> figures.Metric | None:
        from netspec.functional.of_classes import Confusion

        return Confusion(facts.classes, loss.ignored) if 1 < facts.classes <= _LARGEST_MATRIX else None


class Classification(_OfClasses):
    """The class of an image; the network gives an output for each."""

    key: ClassVar[str] = "classification"
    judged: ClassVar[str] = "classes"

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return (Accuracy(), Top5()) if facts is None or facts.classes > 5 else (Accuracy(),)

    def takes(self, facts: TaskFacts) -> bool:
        return bool(facts.classes) and facts.targets == ()

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if not self.takes(facts):
            text = f"classification takes a class for each image; {facts.data} has {found_targets(facts)}"
            return [(text, other_task(facts))]
        if facts.outputs == (facts.classes,) or self._is_told_by_one(facts):
            return []
        help = f"end the network with {facts.classes} outputs"
        if facts.classes == 1:
            help = f"give {facts.data} examples of a second class: one alone is told apart from nothing"
        if facts.first_label and facts.outputs == (facts.classes - facts.first_label,):
            text = f"the labels of {facts.data} start at {facts.first_label}, and outputs are counted from 0"
            last = facts.classes - facts.first_label - 1
            return [(text, f"take {facts.first_label} off each label, so that they are 0 to {last}; or {help}")]
        if facts.remedy:
            help = facts.remedy if facts.outputs[-1] == facts.classes else f"{help}, and put {facts.remedy}"
        return [(f"{facts.data} has {numbered(facts.classes, 'class')}, the network gives {axes(facts.outputs)}", help)]


class Segmentation(_OfClasses):
    """The class of each pixel; the network gives [classes, H, W]."""

    key: ClassVar[str] = "segmentation"
    judged: ClassVar[str] = "pixels"

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        """Whether the loss can leave pixels out: masks have pixels without a class."""
        return loss.takes_classes() and loss.can_ignore()

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return PixelAccuracy(), MeanIou()

    def takes(self, facts: TaskFacts) -> bool:
        return bool(facts.classes) and facts.targets is not None and len(facts.targets) == 2

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        if loss.ignored is None or facts.ignored is None or loss.ignored == facts.ignored:
            return functional("compared.masks")
        return functional("compared.masks_of_learned", blank=facts.ignored, ignored=loss.ignored)

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        if facts.targets is None or not self.takes(facts):
            text = f"segmentation takes a class for each pixel; {facts.data} has {found_targets(facts)}"
            return [(text, other_task(facts))]
        wanted = (facts.classes, *facts.targets)
        if facts.outputs == wanted or self._is_told_by_one(facts):
            return []
        text = f"{facts.data} has masks of {axes(facts.targets)} with {numbered(facts.classes, 'class')}"
        help = f"end the network with {axes(wanted)}, an output for each class of each pixel"
        return [(f"{text}, the network gives {axes(facts.outputs)}", help)]
