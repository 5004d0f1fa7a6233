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
from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec
from netspec.frontend.inherit import setting
from netspec.frontend.problems import NOWHERE, Report
from netspec.graph import Graph
from netspec.recipe.clip import Clip
from netspec.recipe.losses import Criterion, Loss
from netspec.recipe.objective import MAIN
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.phases import Plan
from netspec.recipe.reading import read_part
from netspec.recipe.recipe import Recipe
from netspec.recipe.schedules import Constant, Steps
from netspec.recipe.tasks import axes
from netspec.training.feeding.first_layer import begin_first_layer
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.step_examples import Feed, check_augment
from netspec.training.network import check_batches, check_fit
from netspec.training.parallel.world import Share
from netspec.training.spec import Start, network_of

Batch = tuple[Tensor, Tensor]
"""The network's inputs [N, ...] and the targets that outputs are compared with."""


@dataclass(slots=True)
class Lesson:
    """All that a step needs.

    Attributes:
        module: The network in float64, in training mode.
        graph: The same as a graph.
        batches: The examples of each step.
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
        found_loss = _part(Loss, "loss", loss) if loss else recipe and recipe.loss
        found_optimizer = _part(Optimizer, "optimizer", optimizer) if optimizer else recipe and recipe.optimizer
        assert found_loss and found_optimizer
        if recipe:
            recipe = recipe.model_copy(update={"loss": found_loss, "optimizer": found_optimizer})
        return cls(recipe, found_loss, found_optimizer)


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
    _only_input(api.elaborate(spec))
    network = network_of(spec, recipe, Start(weights) if weights else None)
    cpu = torch.device("cpu")
    samples = prepare(recipe.data, cpu, recipe.augment, slots=network.slots)
    objective = check_fit(network, samples, recipe, places)
    check_batches(network, samples, recipe, 1, places)
    check_augment(recipe.augment, samples, places)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        module = network.build()
        begin_first_layer(module, network, recipe, samples)
    feed = Feed(recipe, samples, Share())

    def batches() -> Iterator[Batch]:
        epoch = 0
        while True:
            for inputs, targets in feed.batches(epoch, 0):
                yield inputs.double(), _doubled(objective.targets(inputs, targets))
            epoch += 1

    return Lesson(
        module=module.double().train(),
        graph=api.elaborate(spec),
        batches=batches(),
        source=f"{recipe.data.key}, in the order of training",
        loss=objective.loss,
        criterion=objective.criterion(),
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
        target: A class, values, or a list of either for each example; None for the examples themselves.
        source: Where the examples are from, in words.
        weights: Trained weights, as for `load_weights`; None draws them by the seed.
        seed: The seed.

    Raises:
        NetspecError: NS0804: the target does not fit. NS0604: the weights do not.
    """
    graph, recipe = api.elaborate(spec), parts.recipe
    given = graph.outputs.get(MAIN) or next(iter(graph.outputs.values()))
    targets, of_classes = targets_of(target, inputs, (len(inputs), *given.shape), parts.loss)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        module = api.compile(spec, "cpu", weights=weights)
    function = parts.loss.of_classes() if of_classes else parts.loss.of_values()
    lesson = Lesson(
        module.double().train(),
        graph,
        repeat((inputs, targets)),
        source,
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


def _only_input(graph: Graph) -> Any:
    """The network's input.

    Raises:
        NetspecError: NS0804: it has several.
    """
    (first, *others) = graph.inputs.values()
    if others:
        names = ", ".join(f"`{name}`" for name in graph.inputs)
        message = f"the network takes several inputs ({names}); a step is told of one"
        raise NetspecError.of(Code.DATA_MISMATCH, message)
    return first


def examples_of(values: Any, graph: Graph) -> Tensor:
    """Examples [N, ...] of nested lists of numbers: one example, or a list of them.

    Raises:
        NetspecError: NS0804: they are not of the input's shape.
    """
    taken = _only_input(graph)
    found = _tensor(values, "values")
    if tuple(found.shape) == taken.shape:
        found = found[None]
    if tuple(found.shape[1:]) != taken.shape or not len(found):
        raise NetspecError.of(
            Code.DATA_MISMATCH,
            "the values are not of the shape that the network takes",
            found=axes(tuple(found.shape)),
            expected=f"{axes(taken.shape)}, or a list of such",
        )
    if taken.dtype.startswith("int"):
        if found.is_floating_point():
            message = f"the network takes {taken.dtype}: whole numbers"
            raise NetspecError.of(Code.DATA_MISMATCH, message)
        return found
    return found.double()


def targets_of(target: Any, inputs: Tensor, outputs: tuple[int, ...], loss: Loss) -> tuple[Tensor, bool]:
    """The targets of given examples, and whether they are classes.

    Raises:
        NetspecError: NS0804: they do not fit the network's output, or the loss does not take such.
    """
    if target is None:
        if loss.takes_values() and tuple(inputs.shape) == outputs:
            return inputs, False
        raise NetspecError.of(
            Code.DATA_MISMATCH, "the examples have no target", help="`--target 1`, a class, or values: `--target '[0.5]'`"
        )
    found = _tensor(target, "target")
    size = 1
    for each in outputs:
        size *= each
    if loss.takes_values() and found.numel() == size and tuple(found.shape) in (outputs, outputs[1:], (), (outputs[0],)):
        return found.double().reshape(outputs), False
    labels = (outputs[0], *outputs[2:])
    whole = not found.is_floating_point()
    if loss.takes_classes() and whole and (tuple(found.shape) == labels or (outputs[0] == 1 and not found.ndim)):
        classes = found.reshape(labels) if found.numel() == _size(labels) else found
        if tuple(classes.shape) == labels and len(outputs) > 1:
            last = outputs[1] - 1
            if classes.numel() and not 0 <= int(classes.min()) <= int(classes.max()) <= last:
                message = f"the network has {last + 1} outputs: classes are 0 to {last}"
                raise NetspecError.of(Code.DATA_MISMATCH, message, found=str(target)[:60])
            return classes, True
    ways = []
    if loss.takes_classes() and len(outputs) > 1:
        ways.append("a class" if labels == (1,) else f"classes of {axes(labels)}")
    if loss.takes_values():
        ways.append(f"values of {axes(outputs if outputs[0] > 1 else outputs[1:])}")
    raise NetspecError.of(
        Code.DATA_MISMATCH,
        f"the target does not fit the network's output and `{loss.key}`",
        found=axes(tuple(found.shape)) if found.ndim else str(target)[:60],
        expected=" or ".join(ways),
    )


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for each in shape:
        size *= each
    return size


def _tensor(value: Any, what: str) -> Tensor:
    """Nested lists of numbers as a tensor, of whole numbers where all are such.

    Raises:
        NetspecError: NS0804: they are none, or differ in length.
    """
    try:
        made = torch.as_tensor(value)
        if made.dtype == torch.bool:
            raise ValueError
        return made.double() if made.is_floating_point() else made.long()
    except (ValueError, TypeError, RuntimeError, OverflowError):
        message = f"the {what} are no numbers, or lists of them that are alike in length"
        raise NetspecError.of(Code.DATA_MISMATCH, message, found=str(value)[:60]) from None


