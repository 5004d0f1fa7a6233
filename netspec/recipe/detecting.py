"""What a detector is trained for: its own losses, and the boxes by which it is judged. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.numbered import numbered
from netspec.frontend.problems import Places
from netspec.frontend.source import Path_
from netspec.functional.fields import Field
from netspec.graph import Detection
from netspec.objects.immutable import immutable
from netspec.recipe.losses.boxes import Detector
from netspec.recipe.metrics.boxes import FIGURES
from netspec.recipe.tasks import Problem, TaskFacts
from netspec.recipe.tasks.detection import Detection as Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from netspec.recipe.measuring.boxes import BoxMeter, LossMeter


def losses_of_kind(detection: Detection) -> tuple[str, ...]:
    """The losses of a detector by the names that a recipe and its figures have for them: `box_reg`."""
    return tuple(name.removeprefix("loss_") for name in detection.kind.losses)


@immutable
class Detecting:
    """Task and loss of a detector.

    Attributes:
        loss: Its own losses, weighed.
        losses: Their names.
        classes: The number of the data's classes, without the background.
        facts: The facts of network and data.
        untaken: The reason why its network cannot take an image of a height and a width; None where it can.
    """

    loss: Detector
    losses: tuple[str, ...]
    classes: int
    facts: TaskFacts
    untaken: Callable[[int, int], str | None]
    task: Task = Task()
    packed: tuple[Field, ...] = ()

    def criterion(self) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
        """The function of the losses that the detector gives: by their figures' names, their sum `loss` first."""
        made: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] = self.task.criterion(self.loss).made()
        return made

    def targets(self, inputs: Any, targets: Any) -> Any:
        """The boxes of each image, as the data give them."""
        return targets

    def weighings(self) -> dict[str, Callable[..., Any]]:
        """Nothing: a batch's mean losses weigh its images, as torchvision counts them."""
        return {}

    def running(self, device: torch.device) -> LossMeter:
        """The counter of the losses: cheap enough for every step of training."""
        from netspec.recipe.measuring.boxes import LossMeter

        return LossMeter(self._named(), device)

    def meter(self, device: torch.device) -> BoxMeter:
        """The counter of losses and boxes, for judging."""
        from netspec.recipe.measuring.boxes import BoxMeter

        (metric,) = self.task.own(self.facts)
        return BoxMeter(self._named(), self.classes, device, metric.counter(self.classes, None)())

    @property
    def task_key(self) -> str:
        """The task by its name, for a run's metrics."""
        return self.task.key

    @property
    def chooses(self) -> str:
        """The figure that chooses the best epoch where images are held out, unless the recipe says so."""
        return "map"

    def judged(self) -> tuple[str, ...]:
        """The names of the figures that `meter` counts."""
        return ("loss", *FIGURES, *self._named())

    def watched(self) -> tuple[str, ...]:
        """The names of the figures that `running` counts."""
        return ("loss", *self._named())

    def misfits(self) -> list[Problem]:
        """The reasons why network and data do not fit: other numbers of classes."""
        own = self.facts.outputs[0] - 1
        if own == self.classes:
            return []
        theirs = numbered(self.classes, "class")
        text = f"{self.facts.data} has {theirs}, the network tells {own} apart from the background"
        return [(text, f"make its heads for {self.classes + 1} classes, the background among them")]

    def refused(self) -> list[tuple[Path_, str]]:
        """No option: classes have no part in the losses' own."""
        return []

    def check(self, places: Places) -> None:
        """Nothing: metrics that do not judge boxes were refused with the recipe."""

    def _named(self) -> tuple[str, ...]:
        return tuple(f"{name}.loss" for name in self.losses)
