"""The base of tasks: the targets of outputs, the figures, and the demands on a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from netspec.objects.immutable import immutable
from netspec.recipe.data.vocabulary import Vocabulary
from netspec.recipe.function import Function
from netspec.recipe.losses import Loss
from netspec.recipe.metrics import Metric
from netspec.recipe.parts import Part

if TYPE_CHECKING:
    from torch import Tensor

    from netspec.functional import figures

Problem = tuple[str, str | None]
"""The message of a misfit, and what would help."""

Compared = Callable[["Tensor", "Tensor"], tuple["Tensor", "Tensor"]]
"""Outputs and targets, in the form that metrics take."""


@immutable
class TaskFacts:
    """The facts of network and data that a task needs.

    Attributes:
        inputs: Shape of one input of the network, [C, H, W].
        outputs: Shape of its answer to one image.
        classes: The number of the data's classes; 0 where targets are no classes.
        targets: Shape of one target as the data give it: () for a class, [H, W] for a mask, [values] for values; None
            where the data are images alone.
        ignored: The label of mask pixels without a class; None where targets are no masks.
        data: The data set's name, for the diagnostics.
        binary: Whether targets are values of 0 and 1 alone; None where the data are yet to be read.
        counts: The training images of each class; None where they are not known, or targets are no classes of images.
        first_label: The smallest class that the training images have; 0 where targets are no classes of images.
        remedy: The change that makes a network with an answer for each row give one for each image; None for others.
        tokens: The vocabulary of a text, whose tokens are told; None for others.
        labelled: What would give the data targets, where they have none; empty where nothing is known to.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    classes: int
    targets: tuple[int, ...] | None = ()
    ignored: int | None = None
    data: str = "the data set"
    binary: bool | None = None
    first_label: int = 0
    counts: tuple[int, ...] | None = None
    remedy: str | None = None
    tokens: Vocabulary | None = None
    labelled: str = ""

    @property
    def numbers(self) -> int:
        """The numbers by which a target is judged: a score for each class, or else its values."""
        if self.tokens is not None:
            return self.tokens.size
        return self.classes or math.prod(self.outputs)


def found_targets(facts: TaskFacts) -> str:
    """The kind of targets that the data have, in words."""
    if facts.targets is None:
        return "images alone"
    if facts.tokens is not None:
        return "tokens of texts"
    if facts.classes:
        return f"masks of {axes(facts.targets)}" if facts.targets else "a class for each image"
    return f"values of {axes(facts.targets or (1,))} for each image"


def axes(shape: tuple[int, ...]) -> str:
    """A shape as a spec has it: ``[3, 32, 32]``."""
    return f"[{', '.join(map(str, shape))}]"


class Task(Part):
    """Base of all tasks.

    Class attributes:
        judged: What its figures judge, in a word.
    """

    family: ClassVar[str] = "task"
    group: ClassVar[str] = "netspec.tasks"
    judged: ClassVar[str] = "its own"

    def own(self, facts: TaskFacts) -> tuple[Metric, ...]:
        """The metrics that the task is always judged by, the headline first."""
        raise NotImplementedError

    def takes(self, facts: TaskFacts) -> bool:
        """Whether the data have targets of its kind, whatever the network gives."""
        return True

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        """The reasons why network and data do not fit this task."""
        raise NotImplementedError

    def unfit(self, loss: Loss, facts: TaskFacts) -> list[Problem]:
        """The reasons why a loss that the task learns by does not fit the data."""
        return []

    def criterion(self, loss: Loss) -> Function:
        """The loss as this task uses it, a function of the outputs and of the result of `targets`."""
        raise NotImplementedError

    @classmethod
    def learns(cls, loss: type[Loss]) -> bool:
        """Whether the task can learn by a loss of this kind."""
        raise NotImplementedError

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The targets of the outputs, from the network's inputs [N, C, H, W] and the data's targets."""
        return targets

    def compared(self, loss: Loss) -> Compared:
        """The function that brings outputs, and the result of `targets`, to the form that the task's metrics take."""
        raise NotImplementedError

    def values_of(self, loss: Loss) -> Function | None:
        """The function of outputs that gives the values to compare; None where they are compared as they are."""
        return None

    def matrix(self, loss: Loss, facts: TaskFacts) -> figures.Metric | None:
        """The counter of the confusion matrix; None where there is none."""
        return None


def tasks_of(loss: Loss) -> list[Task]:
    """The tasks that can learn by a loss, with their default options."""
    tasks = [kind() for kind in Task.members.values()]
    return [task for task in tasks if isinstance(task, Task) and task.learns(type(loss))]


def task_for(loss: Loss, facts: TaskFacts) -> Task:
    """The task of a recipe that names none: the first that can learn by the loss and that network and data fit.

    If none fits, it is the first that can learn by the loss, and by such targets if any can: that one tells what is
    missing.
    """
    able = tasks_of(loss)
    fitting = (task for task in able if not task.misfits(facts))
    return next(fitting, next((task for task in able if task.takes(facts)), able[0]))
