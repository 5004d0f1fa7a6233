"""The recipe that a spec without one is told of: one that trains its network, as far as is known without data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import NetspecError
from netspec.driver.spec import Spec, elaborate, with_recipe
from netspec.frontend.schema import SECTION
from netspec.zoo_specs import recipes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from netspec.graph import Graph
    from netspec.recipe.data import DataSet

_OF_DETECTORS = "{data: {coco: FOLDER}, loss: detector, optimizer: {sgd: 0.02, momentum: 0.9}, epochs: 26}"
_OF_CLASSIFIERS = "{data: DATA, loss: cross_entropy, optimizer: {adamw: 2e-3}, epochs: 10}"
_DATA = (
    "digits",
    "mnist",
    "{table: FILE, target: COLUMN}",
    "{folder: FOLDER, resize: SIZE}",
    "{folder: FOLDER, resize: SIZE, channels: 1}",
)
"""Data in the place of `DATA`, those that need nothing first; `SIZE` is what the network takes."""


def proposed_recipe(spec: Spec) -> str:
    """Advice on a recipe that fits a network: the option that gives it one of netspec's own, and a section to write.

    Args:
        spec: A spec without a section `train`.

    Raises:
        NetspecError: The spec is wrong.
    """
    from netspec.frontend import source

    graph = elaborate(spec)
    size = str(list(next(iter(graph.inputs.values())).shape[1:]))
    classifying = [_OF_CLASSIFIERS.replace("DATA", data.replace("SIZE", size)) for data in _DATA]
    written = [_OF_DETECTORS] if graph.detection else classifying
    ours = next((name for name in recipes() if _fits(spec, name)), None)
    own = next((text for text in written if _fits(spec, source.parse(text, "recipe").data)), None)
    ways = [f"take netspec's own, which fits: `--recipe {ours}`"] if ours else []
    ways += [f"add `train: {own}`, say"] if own else []
    return "; or ".join(ways) or "write one: `netspec recipes` shows some to start from"


def _fits(spec: Spec, recipe: str | Mapping[str, Any]) -> bool:
    """Whether a recipe trains a network from its first weights."""
    from netspec.recipe.fitting import check_options
    from netspec.recipe.fitting_data import check_data
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.recipe import read_recipe

    try:
        places, graph = with_recipe(spec, recipe).document.places, elaborate(spec)  # which no recipe changes
        found = read_recipe(places.data[SECTION], places)
        if found.data.fits_inputs:
            shapes = {name: taken.shape for name, taken in graph.inputs.items()}
            found = found.model_copy(update={"data": found.data.fitted(shapes)})
        check_options(found, graph, places)
        check_data(found, graph, places)
        resolve_names(found, graph, places)
    except NetspecError:
        return False
    return not found.fresh and (bool(graph.detection) or _answers(graph, found.data))


def _answers(graph: Graph, data: DataSet) -> bool:
    """Whether a network reads what such data give and tells their classes, though their sizes are yet to be seen."""
    from netspec.recipe.data.encoded import Encoded
    from netspec.recipe.data.text import Texts

    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return False
    (taken,), (output,) = graph.inputs.values(), graph.outputs.values()
    if isinstance(data, Texts):
        return not taken.dtype.startswith("float") and (len(taken.shape), len(output.shape)) == (1, 2)
    if len(output.shape) != 1 or output.shape[0] == 1 or not taken.dtype.startswith("float"):
        return False
    if isinstance(data, Encoded):
        told, shape = data.known_classes in (None, output.shape[0]), tuple(taken.shape)
        cropped = (data.channels, *(data.crop or shape[1:]))
        return told and len(shape) == 3 and data.shape(cropped) == shape
    return data.known_image is not None or len(taken.shape) == 1
