"""From a spec to the arguments of training. Imports torch where a network is trained or judged, no earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import api
from netspec.analysis.training_work import training_work
from netspec.driver.checking import warnings_of
from netspec.driver.recipes import places_of, recipe_of
from netspec.driver.resolved import resolved_text
from netspec.driver.spec import Spec
from netspec.frontend.pause import importing
from netspec.layers.base import Layer
from netspec.plugins import plugins_of
from netspec.recipe.batch_sizes import lone_norms
from netspec.recipe.fitting_data import check_inputs
from netspec.recipe.objective import MAIN
from netspec.recipe.placing import placed
from netspec.recipe.recipe import Recipe
from netspec.training.beforehand import check_recipe, remedy_of
from netspec.training.inputs_taken import slots_of
from netspec.training.keeping.report import Report
from netspec.training.network import Network
from netspec.training.parallel.world import ALONE, World, is_first

if TYPE_CHECKING:
    from torch import nn

    from netspec.diagnostics.arguments import Device
    from netspec.graph import Detection, Graph
    from netspec.interop.load_report import LoadReport
    from netspec.training.feeding.sample_set import Samples
    from netspec.training.keeping.metrics_file import Epoch
    from netspec.training.showing.progress import Display
    from netspec.training.steps.interrupt import Interrupt


@dataclass(frozen=True, slots=True)
class Start:
    """The weights that training starts with.

    Attributes:
        weights: As `netspec.load_weights` takes them.
        partial: Whether to load the weights that fit though others do not.
        told: Is given the report of the loading.
    """

    weights: str
    partial: bool = False
    told: Callable[[LoadReport], None] = lambda report: None


def train_spec(
    spec: Spec,
    *,
    device: Device = "auto",
    out: Path | None = None,
    display: Display | None = None,
    start: Start | None = None,
    world: World = ALONE,
    profile: bool = False,
    is_enough: Callable[[Epoch], bool] | None = None,
    prepared: Callable[..., Samples] | None = None,
    sparing: bool = False,
    interrupt: Interrupt | None = None,
    **values: Any,
) -> Report:
    """Train a spec's network by its recipe.

    Args:
        spec: A spec with a section `train`.
        device: As `netspec.training.run.train` takes it, and so `out`, `display`, `world`, `profile` and `is_enough`.
        out: The run's folder.
        display: Shows how the run gets on.
        start: Weights to start with; None draws them.
        world: The processes that train together, which torchrun has started, say; each of them calls this.
        profile: Whether to leave a profile.
        is_enough: Is told each epoch, and says whether the run ends with it.
        prepared: Prepares the data, as `train` takes it; None prepares them anew.
        sparing: Whether it is one of many.
        interrupt: Notes signals, as `train` takes it.
        values: `epochs` or `steps`, `seed`, `batch_size` and the data's `folder`, in place of the recipe's own; None
            leaves it.

    Raises:
        NetspecError: The spec or its recipe is wrong, or the run fails.
    """
    recipe, places = recipe_of(spec, **values), places_of(spec, **values)
    check_recipe(spec, recipe, places, anew=start is None)
    network = network_of(spec, recipe, start)
    if display and is_first() and (findings := warnings_of(spec, recipe)):
        display.warn(findings)
    with display.loading("torch") if display else nullcontext(), importing("torch"):
        from netspec.training.run import train
    shared: Any = {"device": device, "display": display, "places": places, "world": world, "profile": profile}
    among: Any = {"is_enough": is_enough, "sparing": sparing, "interrupt": interrupt}
    among |= {"prepared": prepared} if prepared else {}
    with placed(recipe, places):
        return train(network, recipe, out=out, **among, **shared)


def evaluate_spec(
    spec: Spec,
    weights: str,
    *,
    run: Path | None = None,
    device: Device = "auto",
    whole: bool = False,
    matrix: bool = False,
    **values: Any,
) -> dict[str, Any]:
    """Judge saved weights of a spec's network by the test images.

    Args:
        spec: A spec with a section `train`.
        weights: As `netspec.load_weights` takes them.
        run: The folder of the run that the spec is of, if it is of one.
        device: The device to compute on.
        whole: Whether all of the data is judged where they bring no part for the test, not a share of them.
        matrix: Whether the confusion matrix is needed.
        values: As for `train_spec`.

    Raises:
        NetspecError: The spec or its recipe is wrong, or the weights are not this network's.
    """
    with importing("torch"):
        from netspec.training.judging.evaluate import evaluate

    recipe = recipe_of(spec, **values)
    source = api.weights_source(weights, spec.document.weights)
    network, places = network_of(spec, recipe), places_of(spec, **values)
    with placed(recipe, places):
        return evaluate(network, recipe, source, device, places, run, whole=whole, matrix=matrix)


def network_of(spec: Spec, recipe: Recipe, start: Start | None = None) -> Network:
    """The network of a spec, not yet built; `start` has its weights.

    Raises:
        NetspecError: The spec is wrong; NS0804: it takes other inputs than the data give, or several outputs have no
            main one.
    """
    graph = api.elaborate(spec)
    if graph.detection is not None:
        return _detector_of(spec, recipe, graph, graph.detection, start)
    check_inputs(recipe, graph, spec.document.places)
    slots, outputs = slots_of(graph), graph.outputs
    taken = next(iter(graph.inputs.values()))
    given = outputs.get(MAIN) or next(iter(outputs.values()))
    judged = [*([given] if recipe.only_loss else outputs.values()), *graph.side_outputs.values()]
    return Network(
        name=spec.name,
        build=lambda: _built(spec, start, recipe.fresh),
        input_shape=taken.shape if len(slots) == 1 else (sum(prod(slot.shape) for slot in slots),),
        output_shape=given.shape,
        text=resolved_text(spec, recipe),
        macs=api.analyze(spec).work.training,
        step_macs=lambda learns: training_work(graph, learns, judged),
        start=str(api.weights_source(start.weights, spec.document.weights)) if start else None,
        weights=spec.document.weights,
        lone=lone_norms(graph),
        first=recipe.first_layer.path(graph) if recipe.first_layer else None,
        remedy=remedy_of(spec, recipe),
        plugins=plugins_of([*_layers(graph), *recipe.kinds()]),
        slots=slots,
        output_shapes={name: tuple(value.shape) for name, value in outputs.items()},
    )


def _detector_of(spec: Spec, recipe: Recipe, graph: Graph, detection: Detection, start: Start | None) -> Network:
    """The network of a detector, which takes lists of images."""
    image = next(iter(graph.inputs.values()))
    return Network(
        name=spec.name,
        build=lambda: _built(spec, start, recipe.fresh),
        input_shape=image.shape,
        output_shape=(detection.classes,),
        text=resolved_text(spec, recipe),
        macs=api.analyze(spec).work.training,
        step_macs=lambda learns: training_work(graph, learns),
        start=str(api.weights_source(start.weights, spec.document.weights)) if start else None,
        weights=spec.document.weights,
        plugins=plugins_of([*_layers(graph), *recipe.kinds()]),
        detection=detection,
    )


def _layers(graph: Graph) -> Iterator[type[Layer]]:
    for node in graph.nodes.values():
        yield type(node.layer)
        if node.activation is not None:
            yield type(node.activation)


def _built(spec: Spec, start: Start | None, fresh: tuple[str, ...]) -> nn.Module:
    network = api.compile(spec)
    if start:
        start.told(api.load_weights(network, start.weights, spec, partial=start.partial, fresh=fresh))
    return network
