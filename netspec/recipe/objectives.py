"""The objectives of a network with several outputs, each with a loss and a target of its own. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netspec.diagnostics import Code
from netspec.frontend.problems import Places, Report
from netspec.frontend.problems import Problem as Refusal
from netspec.frontend.schema import SECTION
from netspec.frontend.source import Path_
from netspec.functional.fields import Field
from netspec.objects.immutable import immutable
from netspec.recipe.losses import PairLoss
from netspec.recipe.metrics import metrics_of
from netspec.recipe.objective import Objective, objective_of
from netspec.recipe.output_losses import Losses
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import Problem, TaskFacts

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from netspec.recipe.measuring.meters import Meters

SEVERAL = "several"
"""The task of a network whose outputs have one each, in a run's metrics."""

Named = Mapping[str, "Tensor"]
"""Outputs, targets or losses by the name of the output."""

Misfit = tuple[Path_, Problem]
"""A reason why network and data do not fit, and its place in the recipe."""


@immutable
class Objectives:
    """Task, loss and metrics of each of several outputs.

    Attributes:
        of: The objective of each output, in the recipe's order.
        weights: The weight of each loss in the sum.
        packed: What the targets are packed of; empty where all outputs are compared with one target.
    """

    of: Mapping[str, Objective]
    weights: Mapping[str, float]
    packed: tuple[Field, ...] = ()

    def criterion(self) -> Callable[[Named, Named], dict[str, Tensor]]:
        """The function of outputs and of the result of `targets`: the batch's mean losses by their figures' names.

        `loss` is the weighted sum of all, and `digit.loss` that of one.
        """
        made: dict[str, Callable[..., Tensor]] = {name: each.criterion() for name, each in self.of.items()}

        def losses(outputs: Named, targets: Named) -> dict[str, Tensor]:
            found = {name: loss(*self._given(name, outputs, targets)) for name, loss in made.items()}
            weighed = [self.weights[name] * loss for name, loss in found.items()]
            total = weighed[0]
            for each in weighed[1:]:
                total = total + each
            return {"loss": total, **{f"{name}.loss": loss for name, loss in found.items()}}

        return losses

    def _given(self, name: str, outputs: Named, targets: Named) -> list[Tensor]:
        """What the loss of an output is a function of: the outputs that it reads, and its target, if it takes one."""
        loss = self.of[name].loss
        told = [] if isinstance(loss, PairLoss) and not loss.takes_targets else [targets[name]]
        return [*(outputs[each] for each in loss.reads(name)), *told]

    def read(self) -> tuple[str, ...]:
        """The outputs that the losses are functions of."""
        return tuple(dict.fromkeys(each for name, aim in self.of.items() for each in aim.loss.reads(name)))

    def targets(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """The target of each output, from the network's inputs [N, C, H, W] and the data's targets."""
        from netspec.functional.packing import targets_by_output

        known = targets_by_output(targets, self.packed) if self.packed else {}
        return {name: each.targets(inputs, known.get(name, targets)) for name, each in self.of.items()}

    def weighings(self) -> dict[str, Callable[[Tensor], Tensor | int] | None]:
        """The function of each output's targets that gives the weight of a batch's mean loss; None for its examples."""
        return {name: weighing for name, each in self.of.items() for weighing in each.weighings().values()}

    def running(self, device: torch.device) -> Meters:
        """The counter of the losses and of each output's headline: cheap enough for every step of training."""
        from netspec.recipe.measuring.meters import Meters

        return Meters({name: each.running(device) for name, each in self.of.items()}, self.weights)

    def meter(self, device: torch.device) -> Meters:
        """The counter of everything, for judging."""
        from netspec.recipe.measuring.meters import Meters

        return Meters({name: each.meter(device) for name, each in self.of.items()}, self.weights)

    @property
    def task_key(self) -> str:
        """What stands for a task in a run's metrics, which tell that of each output."""
        return SEVERAL

    def judged(self) -> tuple[str, ...]:
        """The names of the figures that `meter` counts."""
        return ("loss", *(f"{name}.{figure}" for name, each in self.of.items() for figure in each.judged()))

    def watched(self) -> tuple[str, ...]:
        """The names of the figures that `running` counts."""
        return ("loss", *(f"{name}.{figure}" for name, each in self.of.items() for figure in each.watched()))

    def misfits(self) -> list[Misfit]:
        """The reasons why network and data do not fit the tasks."""
        return [found for name, each in self.of.items() for found in of_output(name, each.misfits())]

    def refused(self) -> list[Refusal]:
        """Options that the classes make wrong, by their number or by their names."""
        found = ((name, refusal) for name, each in self.of.items() for refusal in each.refused())
        return [
            each if each.location[1] == "metrics" else replace(each, location=at_output(each.location, name))
            for name, each in found
        ]

    def check(self, recipe: Recipe, places: Places) -> None:
        """Make sure that every metric of the recipe judges an output.

        Raises:
            NetspecError: NS0801 naming those that do not.
        """
        report, tasks = Report(places), [each.task.key for each in self.of.values()]
        for index, metric in enumerate(recipe.metrics):
            if not set(tasks) & set(metric.tasks):
                names = ", ".join(f"`{key}`" for key in metrics_of(tasks))
                message, place = f"{metric.key} judges no output: none is of its tasks", (SECTION, "metrics", index)
                report.add(Code.BAD_RECIPE, message, place, expected=f"one of {names}")
        report.check()


def of_output(name: str, problems: Iterable[Problem]) -> list[Misfit]:
    """Problems of the loss of an output, with its name."""
    return [((SECTION, "loss", name), (f"`{name}`: {text}", help)) for text, help in problems]


def at_output(place: Path_, output: str) -> Path_:
    """The place in the loss of an output of what has a place in the only loss."""
    return *place[:2], output, *place[2:]


def objectives_of(
    recipe: Recipe, losses: Losses, facts: Mapping[str, TaskFacts], packed: tuple[Field, ...] = ()
) -> Objectives:
    """The objectives of a recipe with several losses.

    Args:
        recipe: The recipe; a metric of it judges each output whose task it can judge.
        losses: Its losses.
        facts: The facts of network and data for each output.
        packed: What the data's targets are packed of; empty where there is one.
    """
    of: dict[str, Objective] = {}
    for name, each in losses.of.items():
        made = objective_of(recipe, facts[name], each.loss, each.task)
        metrics = tuple(metric for metric in made.metrics if made.task.key in metric.tasks)
        of[name] = replace(made, metrics=metrics)
    return Objectives(of, {name: each.loss_weight for name, each in losses.of.items()}, packed)
