"""The objective of a network: a task, a loss and metrics, for a network and data. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Code, NetspecError, Span, unknown
from netspec.diagnostics.styled import printable
from netspec.frontend.problems import Places, Report
from netspec.frontend.problems import Problem as Refusal
from netspec.frontend.schema import SECTION
from netspec.objects.immutable import immutable
from netspec.recipe.function import Function
from netspec.recipe.losses import Criterion, IgnoringLoss, Loss
from netspec.recipe.metrics import Metric, metrics_of
from netspec.recipe.tasks import Problem, Task, TaskFacts, task_for

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from netspec.functional import figures
    from netspec.graph import Graph
    from netspec.recipe.measuring.meters import Meter
    from netspec.recipe.recipe import Recipe


_NAMED = 10
"""The most classes that are named."""

MAIN = "output"
"""The output that a network is judged by, where it has several."""


@immutable
class Objective:
    """Task, loss and metrics of a run.

    Attributes:
        task: The kind of targets that outputs are compared with.
        loss: The loss that is minimised.
        facts: The facts of network and data that the task needs.
        metrics: Those that the recipe asks for beside the task's own.
        balanced: The options that make classes count alike: ``sampler: balanced``, ``weight: balanced``.
    """

    task: Task
    loss: Loss
    facts: TaskFacts
    metrics: tuple[Metric, ...] = ()
    balanced: tuple[str, ...] = ()

    def criterion(self) -> Criterion:
        """The function of outputs and of the result of `targets`: the batch's mean loss, a scalar."""
        return self._informed(self.task.criterion(self.loss).made())

    def targets(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """The targets that outputs are compared with, from the network's inputs [N, C, H, W] and the data's targets."""
        found = self.task.targets(inputs, targets)
        blank, ignored = self.facts.ignored, self.loss.ignored
        if blank is None or ignored is None or blank == ignored:
            return found
        return found.where(found != blank, ignored)  # the recipe leaves out a class: pixels without one go with it

    def weighings(self) -> dict[str, Callable[[Tensor], Tensor | int] | None]:
        """The function of the result of `targets` that gives the weight of a batch's mean loss, under no name.

        None where it is the number of examples.
        """
        made = self.task.weighing(self.loss)
        return {"": made and made.made()}

    def running(self, device: torch.device) -> Meter:
        """The counter of the loss and of the task's headline: cheap enough for every step of training."""
        return self._meter(self.own()[:1], device)

    def meter(self, device: torch.device) -> Meter:
        """The counter of everything, for judging: on the validation images, and on those of the test."""
        return self._meter(self.own(), device, self.task.matrix(self.loss, self.facts))

    def _meter(self, metrics: Sequence[Metric], device: torch.device, matrix: figures.Metric | None = None) -> Meter:
        from netspec.recipe.measuring.meters import Meter

        counted = {name: counter.made() for name, counter in self.counters(metrics).items()}
        return Meter(counted, self._informed(self.task.compared(self.loss)), device, matrix, self.weighings()[""])

    def _informed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the task's with mean and deviation of its targets, where these are standardised."""
        standard = self.facts.standard
        return function if standard is None else partial(function, standard=standard)

    def counters(self, metrics: Iterable[Metric]) -> dict[str, Function]:
        """The functions that make the counters of metrics, by the names of their figures."""
        numbers, ignored = self.facts.numbers, self.loss.ignored
        return {each.figure: each.judging(self.loss).counter(numbers, ignored) for each in metrics}

    def own(self) -> tuple[Metric, ...]:
        """The metrics by which the network is judged, the headline first."""
        own = self.task.own(self.facts)
        known = {metric.figure for metric in own}
        return (*own, *(metric for metric in self.metrics if metric.figure not in known))

    @property
    def task_key(self) -> str:
        """The task by its name, for a run's metrics."""
        return self.task.key

    def judged(self) -> tuple[str, ...]:
        """The names of the figures that `meter` counts."""
        return ("loss", *(metric.figure for metric in self.own()))

    def watched(self) -> tuple[str, ...]:
        """The names of the figures that `running` counts."""
        return self.judged()[:2]

    def misfits(self) -> list[Problem]:
        """The reasons why network and data do not fit the task."""
        found = [*self.task.misfits(self.facts), *self.task.unfit(self.loss, self.facts)]
        counted = {"classification": ("sampler: balanced", "weight: balanced"), "segmentation": ("weight: balanced",)}
        for option in self.balanced:
            if option not in counted.get(self.task.key, ()):
                reason = f"counts the images of each class, and {self.task.key} has no classes of images"
                found.append((f"`{option}` {reason}", "leave it out"))
        if self.loss.balances and self.facts.counts and not any(self.facts.counts):
            found.append(("`weight: balanced` weighs nothing: no example has a class", "leave it out"))
        learned = self.task.criterion(self.loss)
        if self.loss.takes_values() and self.loss.of_values() in (learned, learned.arguments.get("criterion")):
            found += [(f"{text}; the targets are no classes", "leave it out") for text in self.loss.for_classes_alone()]
        if self.facts.tokens is not None and self.loss.weight_by_name:
            found.append(("`weight` names classes, and tokens have no names", "write a number for each token"))
        return found

    def refused(self) -> list[Refusal]:
        """Options that the classes make wrong, by their number or by their names."""
        if not self.facts.classes:
            return []
        return refused(self.loss, self.metrics, self.facts.classes, self.facts.names)

    def check(self, places: Places) -> None:
        """Make sure that every metric judges the task.

        Raises:
            NetspecError: NS0801 naming those that do not.
        """
        report = Report(places)
        for index, metric in enumerate(self.metrics):
            if self.task.key not in metric.tasks:
                names = ", ".join(f"`{key}`" for key in metrics_of([self.task.key]))
                message, place = f"{metric.key} does not judge {self.task.key}", (SECTION, "metrics", index)
                report.add(Code.BAD_RECIPE, message, place, expected=f"one of {names}")
        report.check()


def refused(loss: Loss, metrics: Sequence[Metric], classes: int, names: Sequence[str] = ()) -> list[Refusal]:
    """Options of a loss and of metrics that classes make wrong.

    Args:
        loss: The loss.
        metrics: The metrics.
        classes: The number of classes.
        names: Their names; empty where they are not known yet.
    """
    found: list[Refusal] = []
    if names and (strange := [name for name in loss.weight_by_name if name not in names]):
        found += [_strange(name, names) for name in strange]
    elif wrong := loss.refuse(classes):
        help = f"the classes are {_listed(names)}, in this order" if names else None
        found.append(Refusal(Code.DATA_MISMATCH, (SECTION, "loss", wrong[0]), message=wrong[1], help=help))
    reasons = ((index, metric.refuse(classes)) for index, metric in enumerate(metrics))
    places = ((((SECTION, "metrics", index)), reason) for index, reason in reasons if reason)
    return found + [Refusal(Code.DATA_MISMATCH, place, message=reason) for place, reason in places]


def _listed(names: Sequence[str]) -> str:
    return printable(", ".join(names[:_NAMED])) + (f", ... ({len(names):,})" if len(names) > _NAMED else "")


def _strange(name: str, names: Sequence[str]) -> Refusal:
    """The refusal of a weight for what is no class."""
    fact = replace(unknown(name, names), certain=False)
    help = None if fact.meant else "`netspec data` tells the names of the classes"
    message = f"`weight` names the class `{printable(name)}`, which the data have not"
    place = (SECTION, "loss", "weight", name)
    return Refusal(Code.DATA_MISMATCH, place, fact, message, key=True, expected=f"some of {_listed(names)}", help=help)


def check_against_outputs(recipe: Recipe, graph: Graph, places: Places) -> None:
    """Make sure that a recipe gives side outputs a weight, and that its options fit the classes that a network tells.

    The classes are known where the loss is of classes and nothing else, and the main output is a vector.

    Raises:
        NetspecError: NS0801, a diagnostic for each that does not.
    """
    outputs = (*graph.outputs, *graph.side_outputs)
    if recipe.only_loss is None:
        return
    if MAIN in graph.outputs and len(outputs) > 1:
        check_side_loss(outputs, recipe.side_loss, places.span((SECTION,)))
        _check_sides(graph, places)
    output = graph.outputs.get(MAIN) or (next(iter(graph.outputs.values())) if len(graph.outputs) == 1 else None)
    loss = recipe.only_loss
    if output is None or len(output.shape) != 1 or not loss or not loss.takes_classes() or loss.takes_values():
        return
    report = Report(places)
    for each in refused(loss, recipe.metrics, output.shape[0], recipe.data.known_names):
        if each.fact is not None:  # a name that the recipe's own data have not
            report.extend([each])
            continue
        found = f"a network with {output.shape[0]} outputs"
        report.add(Code.BAD_RECIPE, each.message, each.location, found=found)
    report.check()


def _check_sides(graph: Graph, places: Places) -> None:
    """Make sure that side outputs have the shape of the main one, since the same loss compares them with its targets.

    Raises:
        NetspecError: NS0801 naming those that have not.
    """
    report, main = Report(places), graph.outputs[MAIN].shape
    for name, side in (*graph.outputs.items(), *graph.side_outputs.items()):
        if side.shape != main:
            message = f"the side output `{name}` learns by the targets of `{MAIN}`, and has another shape"
            found, help = f"{list(side.shape)} beside {list(main)}", "give each output a loss of its own"
            report.add(Code.BAD_RECIPE, message, (SECTION,), found=found, help=help)
    report.check()


def check_side_loss(outputs: Iterable[str], side_loss: float | None, place: Span | None = None) -> None:
    """Make sure that a recipe gives the side outputs a weight, if there are any.

    Args:
        outputs: Names of all outputs that there are in training.
        side_loss: The weight that the recipe gives.
        place: The place of the recipe.

    Raises:
        NetspecError: NS0801: it does not.
    """
    sides = ", ".join(f"`{name}`" for name in outputs if name != MAIN)
    if sides and side_loss is None:
        raise NetspecError.of(
            Code.BAD_RECIPE,
            f"the network has side outputs ({sides}) and the recipe does not say what they weigh",
            span=place,
            help="add `side_loss: 0.3` to `train` (0 leaves them out)",
        )


def objective_of(recipe: Recipe, facts: TaskFacts, loss: Loss | None = None, task: Task | None = None) -> Objective:
    """The objective of a recipe; without a `task`, it has the first that the loss can learn and that fits.

    Args:
        recipe: The recipe.
        facts: The facts of network and data.
        loss: The loss of the output that it is for, where each output has one; None where there is but one.
        task: The task of that output, if the recipe says it.
    """
    sampled = loss is None and recipe.data.sampler == "balanced"  # of several outputs no task tells whether it suits
    if loss is None:
        loss, task = recipe.only_loss, recipe.task
    assert loss is not None
    if facts.ignored is not None and isinstance(loss, IgnoringLoss):
        loss = loss.ignoring(facts.ignored)
    given = {"sampler: balanced": sampled, "weight: balanced": loss.balances}
    balanced = tuple(option for option, is_given in given.items() if is_given)
    loss = loss.with_names(facts.names)
    if facts.counts is not None:
        loss = loss.weighed(facts.counts)
    task = task or task_for(loss, facts)
    return Objective(task, task.shown_by(loss, facts), facts, recipe.metrics, balanced)
