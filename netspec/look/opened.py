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
from netspec.driver.live import weights_source
from netspec.driver.recipes import memory, recipe_of
from netspec.driver.spec import Spec, given
from netspec.driver.timing import check_fits
from netspec.files.run_folder import is_run
from netspec.graph import Graph
from netspec.interop.pretrained import pretrained
from netspec.look.attribution.score import Score, class_score
from netspec.look.filtering import compiled
from netspec.recipe.data import DataSet
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.losses import Loss
from netspec.recipe.objective import MAIN
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import axes
from netspec.training.feeding.inputs import inputs_of
from netspec.training.feeding.samples import Samples, prepare
from netspec.training.judging.classes import run_of, trained_on
from netspec.training.judging.image_inputs import ImageInputs, check_image
from netspec.training.judging.opened_run import open_run, pixel_figures
from netspec.training.steps.device import Device, take
from netspec.training.steps.outputs import main_output

Array = np.ndarray[Any, Any]

_WORK, _FEWEST = 10**11, 16
"""Multiply-accumulates that are spent on examples of the data, and the fewest of these that are taken anyway."""
_LARGEST_SIDE = 1 << 13
"""The most pixels of a side to which images are cut and resized."""


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

    @cached_property
    def analysis(self) -> Analysis:
        """The analysis of its graph."""
        return analysis_of(self.graph)

    @property
    def output(self) -> str:
        """The name of its main output."""
        return MAIN if MAIN in self.graph.outputs else next(iter(self.graph.outputs))

    @property
    def outputs(self) -> int | None:
        """The length of its main output; None where that is no vector, as of a segmentation."""
        given = self.graph.outputs[self.output]
        return given.shape[0] if len(given.shape) == 1 else None

    @property
    def loss(self) -> Loss | None:
        """The recipe's loss for its main output; None without a recipe."""
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
        return main_output(self.module(inputs))

    def score(self, target: int) -> Score:
        """The score of a class: the higher, the likelier it is. Its output, with the sign changed of penalties."""
        own = class_score(self.module, target)
        return lambda images: self.scores(own(images))

    def scores(self, outputs: Tensor) -> Tensor:
        """The scores of outputs, in the same shape: the higher, the likelier the class."""
        return outputs if self.loss is None else self.loss.scores(outputs)

    def probabilities(self, outputs: Tensor) -> Tensor | None:
        """The probability of each class, in the shape of the outputs; None where they tell none."""
        return None if self.loss is None else self.loss.probabilities(outputs)

    def class_name(self, number: int) -> str:
        """The name of a class; its number where the name is not known."""
        return self.classes[number] if number < len(self.classes) else f"class {number}"

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
        fact = unknown(name, self.classes)
        raise NetspecError.of(Code.DATA_MISMATCH, message, expected=expected if count else None, fact=fact)

    @cached_property
    def samples(self) -> Samples:
        """The data of its run or of its recipe, read as the run's own were.

        Raises:
            NetspecError: NS0801: it has no recipe. NS08xx: the data are not there, or do not fit.
        """
        if self.recipe is None:
            raise NetspecError.of(Code.BAD_RECIPE, f"`{self.name}` has no recipe that names its data")
        found = prepare(self.recipe.data, self.device, trained=trained_on(self.run, Code.DATA_MISMATCH))
        shape = self.graph.inputs[next(iter(self.graph.inputs))].shape
        if found.shape != shape:
            message = f"{self.recipe.data.key} gives images of {axes(found.shape)}, the network takes {axes(shape)}"
            raise NetspecError.of(Code.DATA_MISMATCH, message)
        return found

    def batch(self, images: Sequence[Seen], most: int) -> tuple[Tensor, Tensor | None, str]:
        """Inputs [N, C, H, W] of some images, or else of the data; their classes [N], where known; and what they are.

        Args:
            images: Those that were given.
            most: The most that are taken of the data; fewer of a network that takes long.
        """
        if images:
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


def open_network(
    source: Spec | str | Path,
    *,
    weights: str | Path | None = None,
    seed: int = 0,
    device: Device = "cpu",
    data: str | None = None,
    max_entries: int | None = None,
    **params: Any,
) -> Opened:
    """Open a network to be looked at.

    Args:
        source: The folder of a run; or a loaded spec, or an argument for `load`.
        weights: Trained weights, as for `netspec.load_weights`; of a run, in place of its final ones. Without them, a
            spec's are random.
        seed: The seed of random weights.
        device: The device to compute on.
        data: The folder or file of its data.
        max_entries: As `netspec.load` takes it.
        params: Params and keys to set, as in `load`; a run has its own.

    Raises:
        NetspecError: The spec or the run's files are wrong. NS0804: the network takes no image. NS0604: the weights do
            not fit. NS0913: it needs more memory than there is.
    """
    if not isinstance(source, Spec) and is_run(Path(source)):
        return _of_run(Path(source), None if weights is None else str(weights), seed, device, data, max_entries)
    loaded = given(source, params)
    return _of_spec(loaded, weights, seed, device, data)


def _of_run(
    run: Path, weights: str | None, seed: int, device: Device, data: str | None, max_entries: int | None
) -> Opened:
    opened = open_run(run, weights, max_entries)
    images = opened.images()
    taken, module = opened.module(device)
    recipe = opened.recipe if data is None else recipe_of(opened.spec, folder=data)
    return Opened(
        name=opened.spec.name,
        spec=opened.spec,
        graph=opened.spec.graph,
        module=module,
        device=taken,
        images=images,
        classes=opened.classes,
        weights=f"of {opened.weights}",
        recipe=recipe,
        run=run,
        task=opened.task,
        seed=seed,
    )


def _of_spec(spec: Spec, weights: str | Path | None, seed: int, device: Device, data: str | None) -> Opened:
    graph = spec.graph
    if len(graph.inputs) != 1:
        names = ", ".join(f"`{name}`" for name in graph.inputs)
        raise NetspecError.of(Code.DATA_MISMATCH, f"the network takes several inputs ({names}), not one image")
    (taken,) = graph.inputs.values()
    check_image(taken.shape)
    if not taken.dtype.startswith("float"):
        raise NetspecError.of(
            Code.DATA_MISMATCH, f"the network takes {taken.dtype}; the pixels of an image are float32"
        )
    check_fits(memory(spec).inference_peak, f"an image of {axes(taken.shape)}", "`--input` takes a smaller one")
    source = None if weights is None else weights_source(weights, spec.document.weights)
    recipe = None if spec.document.train is None else recipe_of(spec, folder=data)
    run = None if source is None else run_of(source)
    images, classes = _of_weights(taken.shape, source, run, recipe)
    place = take(device).device
    module = compiled(spec, source, seed).to(place)
    learned = any(True for _ in module.parameters())
    origin = f"random, by seed {seed}" if learned else "none: nothing in it is learned"
    return Opened(
        name=spec.name,
        spec=spec,
        graph=graph,
        module=module,
        device=place,
        images=images,
        classes=classes,
        weights=origin if source is None else f"of {source}",
        recipe=recipe,
        run=run,
        seed=seed,
    )


def _of_weights(
    shape: tuple[int, ...], source: str | Path | None, run: Path | None, recipe: Recipe | None
) -> tuple[ImageInputs, tuple[str, ...]]:
    """What is known of the images and the classes of weights: of a run, of torchvision, or else of the recipe."""
    if run is not None:
        opened = open_run(run)
        figures = pixel_figures(run, shape[0])
        return ImageInputs.of(shape, opened.recipe.data, *figures), opened.classes
    published = None if source is None else pretrained(source)
    if published is not None:
        data = _cut(shape, published.margin)
        return ImageInputs.of(shape, data, published.mean, published.deviation, 1.0), published.classes
    if recipe is None:
        return ImageInputs.of(shape, _cut(shape, 1.0), (0.0,), (1.0,), 1.0), ()
    told = recipe.data.range is not None or recipe.data.mean is not None
    made = inputs_of(recipe.data, torch.empty(0, *shape), 1.0) if told else None
    shift, scale = (made.shift, made.scale) if made else ((0.0,), (1.0,))
    return ImageInputs.of(shape, recipe.data, shift, scale, 1.0), recipe.data.names


def _cut(shape: tuple[int, ...], margin: float) -> DataSet:
    """The way to read images that takes their middle, as large as the input, of a resized whole."""
    size = (shape[1], shape[2])
    shorter = round(max(size) * margin)
    if shorter > _LARGEST_SIDE:
        return Encoded(resize=size)
    return Encoded(shorter=shorter, crop=size)
