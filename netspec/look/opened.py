"""A network opened to be looked at: of a run, or of a spec with weights, and the images that it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netspec.analysis import Analysis
from netspec.analysis import analyze as analysis_of
from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.nearmiss import unknown
from netspec.driver.spec import Spec
from netspec.frontend.problems import NOWHERE, Places
from netspec.graph import Graph
from netspec.look.attribution.score import Score, class_score, output_of
from netspec.look.stems import stem
from netspec.recipe.fitting_data import of_images, refuse
from netspec.recipe.losses import Loss
from netspec.recipe.objective import MAIN
from netspec.recipe.placing import placed
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks.classification import Classification, Segmentation
from netspec.shape import Shape
from netspec.training.feeding.sample_set import Samples
from netspec.training.feeding.samples import prepare
from netspec.training.judging.classes import trained_on
from netspec.training.judging.heads import loss_shown
from netspec.training.judging.image_inputs import ImageInputs

Array = np.ndarray[Any, Any]

_WORK, _FEWEST = 10**11, 16
"""Multiply-accumulates that are spent on examples of the data, and the fewest of these that are taken anyway."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An image as a network sees it.

    Attributes:
        name: Its file's.
        inputs: The input, float32 [1, C, H, W] on the network's device.
        pixels: The input as an image, with its padding, uint8 [H, W, 3].
    """

    name: str
    inputs: Tensor
    pixels: Array

    @property
    def stem(self) -> str:
        """Its file's name without the ending, as part of the names of pictures of it."""
        return stem(Path(self.name).stem)


@dataclass(frozen=True)
class Opened:
    """A network in evaluation mode, and all that is known of it.

    Attributes:
        name: Its name.
        spec: Its spec.
        graph: Its elaborated graph; paths of its nodes are names of the module's.
        module: The live module, on the device.
        device: The device.
        images: Makes files its inputs, and inputs pictures.
        classes: The names of its classes, in the order of its outputs; empty where they are not known.
        weights: The origin of its weights, in words.
        recipe: Its recipe; None where its spec has none.
        run: The folder of its run; None where its weights are of none.
        task: The key of what its run has learned; None where its weights are of none.
        seed: The seed of random weights, and of what a method draws.
        places: The places of its recipe's values.
    """

    name: str
    spec: Spec
    graph: Graph
    module: nn.Module
    device: torch.device
    images: ImageInputs
    classes: tuple[str, ...]
    weights: str
    recipe: Recipe | None = None
    run: Path | None = None
    task: str | None = None
    seed: int = 0
    places: Places = NOWHERE

    @cached_property
    def analysis(self) -> Analysis:
        """The analysis of its graph."""
        return analysis_of(self.graph)

    @property
    def input_shape(self) -> Shape:
        """The shape of its input, [C, H, W]."""
        return next(iter(self.graph.inputs.values())).shape

    @property
    def output(self) -> str:
        """The name of its main output, which is the first where none is called so."""
        return MAIN if MAIN in self.graph.outputs else next(iter(self.graph.outputs))

    @property
    def outputs(self) -> int | None:
        """The classes, or values, that its main output tells; None where that is no vector, as of a segmentation."""
        shape = self.graph.outputs[self.output].shape
        if len(shape) != 1:
            return None
        return 2 if self.told_by_one else shape[0]

    @property
    def told_by_one(self) -> bool:
        """Whether its only output tells two classes."""
        return self.loss is not None and self.loss is not self._plain_loss

    @property
    def gives_classes(self) -> bool:
        """Whether its main output has a number for each of several classes that exclude each other, as far as known."""
        return (self.outputs or 0) > 1 and self.task in (None, Classification.key)

    @property
    def loss(self) -> Loss | None:
        """The recipe's loss for its main output; None without a recipe."""
        loss, shape = self._plain_loss, tuple(self.graph.outputs[self.output].shape)
        task = self.task or Classification.key  # names of classes, without a task, are of what the data are to teach
        return None if loss is None else loss_shown(loss, task, shape, self.classes)

    @property
    def _standardises(self) -> bool:
        """Whether its main output is trained to give standardised values."""
        losses = {} if self.recipe is None else self.recipe.for_outputs()
        _, task = losses.get(self.output) or losses.get("") or (None, None)
        return task is not None and task.standardises()

    @property
    def _plain_loss(self) -> Loss | None:
        losses = {} if self.recipe is None else self.recipe.for_outputs()
        loss, _ = losses.get(self.output) or losses.get("") or (None, None)
        return loss

    def see(self, file: Path) -> Seen:
        """An image of a file as the network sees it.

        Raises:
            NetspecError: NS0902: it is no image that can be read.
        """
        inputs = self.images(file, self.device)
        return Seen(file.name, inputs, self.picture(inputs[0]))

    def picture(self, inputs: Tensor) -> Array:
        """An input [C, H, W] as an image, uint8 [H, W, 3]."""
        pixels = self.images.pixels(inputs.detach()).expand(3, -1, -1)
        return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())

    def range_of_inputs(self) -> tuple[Tensor, Tensor]:
        """What the darkest and the brightest pixel become, [C, 1, 1] each."""
        made, brightest = self.images.inputs, self.images.brightest
        ends = torch.tensor([[0.0], [brightest]]).expand(-1, self.images.channels)[..., None, None]
        low, high = made.normalise(ends).to(self.device)
        return torch.minimum(low, high), torch.maximum(low, high)

    def answer(self, inputs: Tensor) -> Tensor:
        """The main output for inputs [N, C, H, W], with gradients where they are asked for."""
        return output_of(self.module(inputs), self.output)

    def score(self, target: int) -> Score:
        """The score of a class: the higher, the likelier it is. Its output, with the sign changed of penalties."""
        if self.told_by_one:
            one = class_score(self.module, 0, self.output)
            return lambda images: self.scores(one(images)[:, None])[:, target]
        own = class_score(self.module, target, self.output)
        return lambda images: self.scores(own(images))

    def scores(self, outputs: Tensor) -> Tensor:
        """The scores of classes [N, classes, ...]: the higher, the likelier the class."""
        return outputs if self.loss is None else self.loss.scores(outputs)

    def probabilities(self, outputs: Tensor) -> Tensor | None:
        """The probability of each class, [N, classes, ...]; None where outputs tell none."""
        return None if self.loss is None else self.loss.probabilities(outputs)

    def class_name(self, number: int) -> str:
        """The name of a class; its number where the name is not known. Outputs of a regression are no classes.

        Nor is one alone, of which nothing else is known: of two classes it would be the second's.
        """
        word = "class" if self.task in (None, Classification.key, Segmentation.key) and self.outputs != 1 else "output"
        word = f"standardised {word}" if self._standardises else word
        return self.classes[number] if number < len(self.classes) else f"{word} {number}"

    def class_number(self, name: str) -> int:
        """The number of a class, of its name or of its number as text.

        Raises:
            NetspecError: NS0804: there is no such class.
        """
        count = self.outputs or 0
        if name in self.classes[:count]:
            return self.classes.index(name)
        if name.isdecimal() and len(name) < 10 and int(name) < count:
            return int(name)
        message = f"`{self.name}` has no class `{name}`"
        expected = f"a number from 0 to {count - 1}" + (", or the name of a class" if self.classes else "")
        number = name.removeprefix("-").isdecimal()  # a number that is near another one was not meant for it
        fact = None if number else unknown(name, self.classes)
        raise NetspecError.of(Code.DATA_MISMATCH, message, expected=expected if count else None, fact=fact)

    @cached_property
    def samples(self) -> Samples:
        """The data of its run or of its recipe, read as the run's own were.

        Raises:
            NetspecError: NS0801: it has no recipe. NS08xx: the data are not there, or do not fit.
        """
        if self.recipe is None:
            raise NetspecError.of(Code.BAD_RECIPE, f"`{self.name}` has no recipe that names its data")
        learned = trained_on(self.run, Code.DATA_MISMATCH)
        with placed(self.recipe, self.places):
            found = prepare(self.recipe.data, self.device, trained=learned, ahead=False)
            refuse(of_images(self.input_shape, self.recipe.data, found.read), (), self.places)
        return found

    @cached_property
    def _has_data(self) -> bool:
        """Whether it is of a run, whose data are there."""
        try:
            return self.run is not None and len(self.samples.train) > 0
        except NetspecError as error:
            if error.diagnostics[0].code is not Code.DATA_NOT_FOUND:
                raise
            return False

    def batch(self, images: Sequence[Seen], most: int, *, fewest: int = 1) -> tuple[Tensor, Tensor | None, str]:
        """Inputs [N, C, H, W] of some images, or else of the data; their classes [N], where known; and what they are.

        Args:
            images: Those that were given.
            most: The most that are taken of the data; fewer of a network that takes long.
            fewest: The images below whose number a run's data are taken in their place, where they are there.
        """
        if images and (len(images) >= fewest or not self._has_data):
            names = images[0].name if len(images) == 1 else f"{len(images)} images"
            return torch.cat([each.inputs for each in images]), None, names
        work = self.analysis.work.total
        inputs, targets = self.examples(min(most, max(_FEWEST, _WORK // max(1, work or _WORK))))
        own = targets if targets.ndim == 1 and not targets.is_floating_point() else None
        part = "training" if self.samples.test is None else "test"
        return inputs, own, f"{len(inputs):,} {part} images"

    def examples(self, most: int) -> tuple[Tensor, Tensor]:
        """Inputs [N, C, H, W] and targets [N, ...] of the test data, or else of the training data: evenly spread."""
        part = self.samples.test or self.samples.train
        rows = torch.linspace(0, len(part) - 1, min(most, len(part))).long()
        batches = list(part.batches(list(rows.split(64))))
        inputs = torch.cat([self.samples.inputs(each.images) for each in batches])
        return inputs, torch.cat([each.targets for each in batches])
