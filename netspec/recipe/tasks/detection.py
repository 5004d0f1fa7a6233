"""Boxes: where objects are in an image, and what they are."""

from __future__ import annotations

from typing import ClassVar

from netspec.recipe.function import Function
from netspec.recipe.losses import Loss
from netspec.recipe.losses.boxes import Detector
from netspec.recipe.metrics import Metric
from netspec.recipe.metrics.boxes import BoxPrecision
from netspec.recipe.tasks.base import Compared, Problem, Task, TaskFacts, found_targets


class Detection(Task):
    """The boxes of an image's objects, each with its class; the network is a detector, and has losses of its own."""

    key: ClassVar[str] = "detection"
    judged: ClassVar[str] = "boxes"
    also: ClassVar[tuple[str, ...]] = ("object_detection", "boxes")

    def criterion(self, loss: Loss) -> Function:
        assert isinstance(loss, Detector)
        return loss.of_boxes()

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        return issubclass(loss, Detector)

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        return (BoxPrecision(),)

    def takes(self, facts: TaskFacts) -> bool:
        """Never: boxes are no targets of outputs, and `Detecting` holds them against the network."""
        return False

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        text = f"detection takes boxes for each image; {facts.data} has {found_targets(facts)}"
        return [(text, "take data of boxes, such as `shapes`")]

    def compared(self, loss: Loss) -> Compared:
        return lambda outputs, targets: (outputs, targets)
