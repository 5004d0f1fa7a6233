"""What a step is done with: the examples, what they are compared with, and the recipe's loss and optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.driver.live import compile_network
from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec
from netspec.frontend.problems import NOWHERE, Report
from netspec.frontend.schema import SECTION
from netspec.frontend.settings import setting
from netspec.functional.standardising import standardised
from netspec.graph import Graph
from netspec.look.step.examples import only_input, targets_of
from netspec.recipe.clip import Clip
from netspec.recipe.losses import Criterion, Loss
from netspec.recipe.objective import MAIN, Objective
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.phases import Plan
from netspec.recipe.placing import placed
from netspec.recipe.reading import read_part
from netspec.recipe.recipe import Recipe
from netspec.recipe.schedules import Constant, Steps
from netspec.training.beginning import fitting_samples
from netspec.training.feeding.first_layer import begin_first_layer
from netspec.training.feeding.step_examples import Feed
from netspec.training.parallel.world import Share
from netspec.training.spec import Start, network_of
from netspec.training.steps.device import take

Batch = tuple[Tensor, Tensor]
"""The network's inputs [N, ...] and the targets that outputs are compared with."""


@dataclass(slots=True)
class Lesson:
    """All that a step needs.

    Attributes:
        module: The network in float64, in training mode.
        graph: The same as a graph.
        batches: The examples of each step.
        random: The state of torch's generator once the weights are drawn, from which dropout draws its masks.
        source: Where they are from, in words.
        loss: The loss.
        criterion: The loss as a function.
        optimizer: The optimizer.
        plan: The learning rate of each step, and what is frozen in it.
        clip: How gradients are clipped; None leaves them.
        decay: What the weight decay is for, as a recipe has it.
        side_loss: The weight of side outputs.
    """

    module: nn.Module
    graph: Graph
    batches: Iterator[Batch]
    random: Tensor
    source: str
    loss: Loss
    criterion: Criterion
    optimizer: Optimizer
    plan: Plan
    clip: Clip | None = None
    decay: str = "all"
    side_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Recipe, loss and optimizer; a loss and an optimizer may stand in place of the recipe's, or of a recipe."""

    recipe: Recipe | None
    loss: Loss
    optimizer: Optimizer

    @classmethod
    def of(cls, spec: Spec, loss: str | None, optimizer: str | None, **values: Any) -> Parts:
        """The parts for a spec.

        Args:
            spec: The spec.
            loss: A loss in the words of a recipe: ``mse``.
            optimizer: An optimizer likewise: ``{sgd: 0.1, momentum: 0.9}``.
            values: As `recipe_of` takes them.

        Raises:
            NetspecError: One of them is wrong. NS0801: there is no recipe, and not both of them are given.
        """
        recipe = None
        if spec.document.train is not None or not (loss and optimizer):
            if spec.document.train is None:
                raise NetspecError.of(
                    Code.BAD_RECIPE,
                    f"`{spec.name}` has no section `train`: it does not say how it is trained",
                    help="add one, or give a loss and an optimizer: `--loss mse --optimizer '{sgd: 0.1}'`",
                )
            recipe = recipe_of(spec, **values)
            if recipe.only_loss is None and not loss:
                message, help = "a step of several losses is not told", "give one for the main output: `--loss mse`"
                raise NetspecError.of(
                    Code.BAD_RECIPE, message, span=spec.document.places.span((SECTION, "loss")), help=help
                )
        given: dict[str, Any] = {"loss": recipe.loss, "optimizer": recipe.optimizer} if recipe else {}
        if loss:
            given["loss"] = _part(Loss, "loss", loss)
        if optimizer:
            given["optimizer"] = _part(Optimizer, "optimizer", optimizer)
        return cls(recipe and recipe.model_copy(update=given), **given)

    def standardise(self) -> bool:
        """Whether the recipe's loss is of standardised values."""
        return any(
            task and task.standardises() for _, task in (self.recipe.for_outputs() if self.recipe else {}).values()
        )


def _part(family: Any, key: str, text: str) -> Any:
    report = Report(NOWHERE)
    _, value = setting(f"{key}={text}")
    made = read_part(family, value, (key,), report)
    report.check()
    return made


def lesson_of_data(spec: Spec, parts: Parts, weights: str | None) -> Lesson:
    """The steps of a run: its examples in their order, its first weights.

    Raises:
        NetspecError: The recipe is none for this, or data are missing or do not fit.
    """
    recipe, places = parts.recipe, spec.document.places
    if recipe is None:
        raise NetspecError.of(
            Code.BAD_RECIPE,
            f"`{spec.name}` has no section `train`, which would say on what data it is trained",
            help="give the numbers: `--values '[1, 2]' --target 0`",
        )
    if recipe.accumulate > 1:
        message, help = "a step of several batches is not told", "`--set train.accumulate=1`"
        raise NetspecError.of(Code.BAD_RECIPE, message, found=f"`accumulate: {recipe.accumulate}`", help=help)
    only_input(api.elaborate(spec))
    network = network_of(spec, recipe, Start(weights) if weights else None)
    with placed(recipe, places):
        samples, objective = fitting_samples(network, recipe, places, take("cpu"))
    assert isinstance(objective, Objective)  # `Parts.of` lets no recipe of several losses pass
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        module = network.build()
        begin_first_layer(module, network, recipe, samples)
        random = torch.get_rng_state()
    feed = Feed(recipe, samples, Share())
    standard = objective.facts.standard

    def batches() -> Iterator[Batch]:
        epoch = 0
        while True:
            for inputs, targets in feed.batches(epoch, 0):
                told = _doubled(objective.targets(inputs, targets))
                yield inputs.double(), told if standard is None else standardised(told, standard)
            epoch += 1

    return Lesson(
        module=module.double().train(),
        graph=api.elaborate(spec),
        batches=batches(),
        random=random,
        source=f"{recipe.data.key}, in the order of training" + ("; targets are standardised" if standard else ""),
        loss=objective.loss,
        criterion=objective.loss.of_values().made() if standard else objective.criterion(),
        optimizer=parts.optimizer,
        plan=recipe.plan(len(samples.train)),
        clip=recipe.clip,
        decay=recipe.decay,
        side_loss=recipe.side_loss,
    )


def lesson_of_values(
    spec: Spec, parts: Parts, inputs: Tensor, target: Any, source: str, weights: str | None, seed: int
) -> Lesson:
    """Steps on examples that are given, the same in each.

    Args:
        spec: The spec.
        parts: Recipe, loss and optimizer.
        inputs: Examples [N, ...], as `examples_of` makes them.
        target: A class, values, or a list of either for each example; None for the examples themselves, of an
            autoencoder with a recipe.
        source: Where the examples are from, in words.
        weights: Trained weights, as for `load_weights`; None draws them by the seed.
        seed: The seed.

    Raises:
        NetspecError: NS0804: the target does not fit. NS0604: the weights do not.
    """
    graph, recipe = api.elaborate(spec), parts.recipe
    given = graph.outputs.get(MAIN) or next(iter(graph.outputs.values()))
    if target is None and recipe and parts.loss.takes_values() and given.shape == tuple(inputs.shape[1:]):
        targets, of_classes = inputs, False
    else:
        targets, of_classes = targets_of(target, (len(inputs), *given.shape), parts.loss)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        module = compile_network(spec, "cpu", weights=weights)
        random = torch.get_rng_state()
    function = parts.loss.of_classes() if of_classes else parts.loss.of_values()
    lesson = Lesson(
        module.double().train(),
        graph,
        repeat((inputs, targets)),
        random,
        source + ("; the target is taken as a standardised value" if parts.standardise() else ""),
        parts.loss,
        function.made(),
        parts.optimizer,
        _plan(parts),
    )
    return replace(lesson, clip=recipe.clip, decay=recipe.decay, side_loss=recipe.side_loss) if recipe else lesson


def _plan(parts: Parts) -> Plan:
    """The recipe's, where its data set tells how long the run is; else the optimizer's rate throughout."""
    recipe = parts.recipe
    examples = recipe.data.training_examples if recipe else None
    if recipe is None or examples is None:
        return Plan((), "steps", Steps(1, 1), parts.optimizer.lr, Constant())
    held = recipe.data.validation
    return recipe.plan(examples - held if isinstance(held, int) else round(examples * (1 - held)))


def _doubled(values: Tensor) -> Tensor:
    return values.double() if values.is_floating_point() else values
