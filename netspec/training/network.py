"""The facts of a network that training needs, and the reasons why it cannot be trained. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netspec.frontend.weights import Weights
from netspec.functional.fields import Slot
from netspec.graph import Detection
from netspec.plugins import Plugin
from netspec.recipe.data import DataSet
from netspec.recipe.detecting import Detecting
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import TaskFacts

if TYPE_CHECKING:
    from torch import nn


Aim = Objective | Objectives | Detecting
"""What a network is trained for: by one target, by one for each output, or by boxes."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network to train.

    Attributes:
        name: Its name, which the run's folder takes.
        build: Makes the module, with weights of a file or drawn from torch's generator, which is seeded before.
        input_shape: The shape of one image, [channels, height, width].
        output_shape: The shape of the answer to one image, [classes]; of several outputs that of the main one.
        text: The spec as it was resolved, for the run's folder.
        macs: Multiply-accumulates of one image forward, side branches included; None where it is unknown.
        step_macs: Tells multiply-accumulates of one image in a training step, forward and backward, by the path of each
            layer, in the order of execution; None where unknown. It is given which tensors are learned, by their keys.
        start: The place of the weights that it starts with; None where they are drawn.
        weights: The spec's remark on weights: other authors' names.
        lone: Paths of normalisations over the batch that see one number of each example and channel: they cannot learn
            from one example.
        first: The path of the layer that the recipe begins by the images; None where it begins none.
        remedy: The change that makes it give an answer for each image; None where it does.
        plugins: Those that its layers and its recipe's parts come from.
        slots: Its inputs, in its order.
        output_shapes: The shapes of all outputs, by name.
        detection: What makes a detector of it; None of others. Of one, `output_shape` tells the number of its classes.
    """

    name: str
    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    text: str
    macs: int | None = None
    step_macs: Callable[[Callable[[str], bool]], Mapping[str, int | None]] = lambda learns: {}
    start: str | None = None
    weights: Weights = field(default_factory=Weights)
    lone: tuple[str, ...] = ()
    first: str | None = None
    remedy: str | None = None
    plugins: tuple[Plugin, ...] = ()
    slots: tuple[Slot, ...] = ()
    output_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    detection: Detection | None = None

    def macs_per_step(self, recipe: Recipe) -> int | None:
        """Multiply-accumulates of one batch forward."""
        return None if self.macs is None else self.macs * recipe.data.batch_size


def task_facts(
    network: Network, data: DataSet, classes: int, targets: tuple[int, ...] | None = (), ignored: int | None = None
) -> TaskFacts:
    """The facts of a network and data that a task needs.

    Args:
        network: The network to be trained.
        data: The data set of the images.
        classes: Their number; 0 where targets are no classes.
        targets: The shape of one; None where the data are images alone.
        ignored: The label of mask pixels without a class.
    """
    blank = ignored if classes and targets else None
    labelled = data.labelled if targets is None else ""
    shapes = (network.input_shape, network.output_shape)
    facts = TaskFacts(*shapes, classes, targets, blank, data.key, remedy=network.remedy, labelled=labelled)
    return replace(facts, input_range=data.input_range, names=data.known_names if classes else ())
