"""Opening a network to look at it: that of a run, or of a spec with weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import Device
from netspec.driver.live import weights_source
from netspec.driver.recipes import memory, places_of, recipe_of
from netspec.driver.spec import Spec, given
from netspec.driver.timing import check_fits
from netspec.files.run_folder import is_run
from netspec.interop.pretrained import pretrained
from netspec.look.filtering import compiled
from netspec.look.opened import Opened
from netspec.recipe.data import DataSet
from netspec.recipe.data.encoded import Encoded
from netspec.recipe.recipe import Recipe
from netspec.recipe.tasks import axes
from netspec.training.feeding.inputs import inputs_of
from netspec.training.judging.classes import run_of
from netspec.training.judging.image_inputs import ImageInputs, check_image
from netspec.training.judging.opened_run import open_run, pixel_figures
from netspec.training.steps.device import take

_LARGEST_SIDE = 1 << 13
"""The most pixels of a side to which images are cut and resized."""


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
        places=places_of(opened.spec, folder=data),
    )


def _of_spec(spec: Spec, weights: str | Path | None, seed: int, device: Device, data: str | None) -> Opened:
    graph = spec.graph
    if len(graph.inputs) != 1 and graph.detection is None:
        names = ", ".join(f"`{name}`" for name in graph.inputs)
        raise NetspecError.of(Code.DATA_MISMATCH, f"the network takes several inputs ({names}), not one image")
    taken = next(iter(graph.inputs.values()))
    check_image(taken.shape)
    if not taken.dtype.startswith("float"):
        raise NetspecError.of(
            Code.DATA_MISMATCH, f"the network takes {taken.dtype}; the pixels of an image are float32"
        )
    if graph.detection is None:
        check_fits(memory(spec).inference_peak, f"an image of {axes(taken.shape)}", "`--input` takes a smaller one")
    if data is not None and spec.document.train is None:
        message = f"`{spec.name}` has no recipe, whose data could be in {data}"
        raise NetspecError.of(Code.BAD_RECIPE, message, help="leave out --data, or name a run, or a spec with `train`")
    source = None if weights is None else weights_source(weights, spec.document.weights)
    recipe = None if spec.document.train is None else recipe_of(spec, folder=data)
    run = None if source is None else run_of(source)
    images, classes = _of_weights(taken.shape, source, run, recipe)
    if graph.detection is not None:
        images = ImageInputs.whole(Encoded() if recipe is None else recipe.data, graph.detection.kind)
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
        places=places_of(spec, folder=data),
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
