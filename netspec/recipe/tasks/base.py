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
    from netspec.functional.standardising import Standard

Problem = tuple[str, str | None]
"""The message of a misfit, and what would help."""

Range = tuple[float, float]
"""The least and the largest of some numbers; infinite where they are of mean 0 and deviation 1, and not read yet."""

_ROUNDING = 1e-5
"""The share of a range by which rounding may go beyond it: a resized pixel is a sum of products."""

Compared = Callable[..., tuple["Tensor", "Tensor"]]
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
        names: Those of the classes, in the order of their labels; empty where they are not known yet.
        input_range: Of the numbers that the network takes; None where it is not known.
        target_range: Of the data's targets, where they are values; None where it is not known.
        standard: The mean and the deviation of the values that are learned from, where the task standardises them.
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
    names: tuple[str, ...] = ()
    input_range: Range | None = None
    target_range: Range | None = None
    standard: Standard | None = None

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


def other_task(facts: TaskFacts) -> str:
    """Advice where the data have no targets of a task's kind: to give them some, where they may, or another task."""
    return f"give the data {facts.labelled}, or name another `task`" if facts.labelled else "name another `task`"


def axes(shape: tuple[int, ...]) -> str:
    """A shape as a spec has it: ``[3, 32, 32]``."""
    return f"[{', '.join(map(str, shape))}]"


class Task(Part):
    """Base of all tasks.

    Class attributes:
        judged: What its figures judge, in a word.
        compared_with: The values that outputs are compared with, in words.
    """

    family: ClassVar[str] = "task"
    group: ClassVar[str] = "netspec.tasks"
    judged: ClassVar[str] = "its own"
    compared_with: ClassVar[str] = "those of the data"

    def own(self, facts: TaskFacts | None) -> tuple[Metric, ...]:
        """The metrics that the task is always judged by, the headline first; without facts all that may be."""
        raise NotImplementedError

    def takes(self, facts: TaskFacts) -> bool:
        """Whether the data have targets of its kind, whatever the network gives."""
        return True

    def misfits(self, facts: TaskFacts) -> list[Problem]:
        """The reasons why network and data do not fit this task."""
        raise NotImplementedError

    def unfit(self, loss: Loss, facts: TaskFacts) -> list[Problem]:
        """The reasons why a loss that the task learns by does not fit the data."""
        within, found = loss.targets_within, self.range_of(facts)
        if within is None or found is None:
            return []
        width = within[1] - within[0]
        rounding = _ROUNDING * (width if math.isfinite(width) else 1)
        if found[0] >= within[0] - rounding and found[1] <= within[1] + rounding:
            return []
        given = "of mean 0 and deviation 1" if math.isinf(found[0]) else f"from {found[0]:.4g} to {found[1]:.4g}"
        text = f"{loss.key} takes targets {_bounds(within)}; {self.compared_with} are {given}"
        return [(text, self.bring_within(within))]

    def standardises(self) -> bool:
        """Whether targets are standardised for the loss, whose function and `compared` then take `standard`, too."""
        return False

    def shown_by(self, loss: Loss, facts: TaskFacts) -> Loss:
        """The loss as it reads outputs of this shape."""
        return loss

    def range_of(self, facts: TaskFacts) -> Range | None:
        """The range of the values that outputs are compared with; None where it is not known, or they are no values."""
        return None

    def bring_within(self, within: Range) -> str:
        """Advice on targets that are beyond what a loss takes."""
        return "take `mse`"

    def criterion(self, loss: Loss) -> Function:
        """The loss as this task uses it, a function of the outputs and of the result of `targets`."""
        raise NotImplementedError

    def weighing(self, loss: Loss) -> Function | None:
        """The function of the result of `targets` that gives the weight of a batch's mean loss; None for its rows."""
        return None

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

    def targets_of(self, loss: Loss, facts: TaskFacts) -> Function | None:
        """What `targets` is in a script, whose data are as they were read; None where these are the targets."""
        return None

    def compared_by(self, loss: Loss, *, mixed: bool) -> Function | None:
        """What `compared` is in a script, where targets may be of mixed images; None where it leaves both."""
        return None

    def matrix(self, loss: Loss, facts: TaskFacts) -> figures.Metric | None:
        """The counter of the confusion matrix; None where there is none."""
        return None


def _bounds(within: Range) -> str:
    """A range in words, of which one end may be infinite."""
    low, high = within
    if math.isinf(high):
        return f"of {low:g} or more"
    return f"of {high:g} or less" if math.isinf(low) else f"from {low:g} to {high:g}"


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
