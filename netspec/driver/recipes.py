"""The recipe of a spec, read and checked against the network, and the memory that training takes. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from netspec.diagnostics import Code, NetspecError
from netspec.diagnostics.arguments import typed
from netspec.driver.spec import Spec, elaborate, given
from netspec.frontend.schema import SECTION
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.analysis.footprint import Footprint
    from netspec.analysis.optimizer_state import OptimizerState
    from netspec.frontend.inherit import Merged
    from netspec.graph import Graph
    from netspec.recipe.recipe import Recipe


OPTIONS = {
    "epochs": "--epochs",
    "steps": "--steps",
    "seed": "--seed",
    "batch_size": "--batch-size",
    "folder": "--data",
}
"""The options of the command line that give values in place of a recipe's own."""


def recipe_of(spec: Spec, **values: Any) -> Recipe:
    """The checked recipe of a spec, with module names of the network.

    Args:
        spec: A spec with a section `train`.
        values: `epochs` or `steps`, `seed`, `batch_size` and the data's `folder`, in place of the recipe's own; None
            keeps the recipe's value.

    Raises:
        NetspecError: NS0801: the spec has no recipe; or the errors of the recipe.
    """
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.recipe import override, read_recipe

    written = spec.document.train
    if written is None:
        from netspec.driver.proposing import proposed_recipe

        raise NetspecError.of(
            Code.BAD_RECIPE,
            f"`{spec.name}` has no section `train`: it does not say how it is trained",
            help=proposed_recipe(spec),
        )
    places = places_of(spec, **values)
    recipe = read_recipe(override(written, **values), places)
    if recipe.data.fits_inputs:
        shapes = {name: taken.shape for name, taken in elaborate(spec).inputs.items()}
        recipe = recipe.model_copy(update={"data": recipe.data.fitted(shapes)})
    return resolve_names(recipe, elaborate(spec), places) if recipe.phases or recipe.fresh else recipe


def places_of(spec: Spec, **values: Any) -> Merged:
    """The places of a spec's values; of those that others stand for, the options of the command line that give these.

    Args:
        spec: A spec.
        values: As `recipe_of` takes them.
    """
    from netspec.frontend.settings import given_by

    data = (spec.document.train or {}).get("data")
    kind = next(iter(data), data) if isinstance(data, Mapping) else data
    inside = {"folder": ("data", str(kind)), "batch_size": ("data", "batch_size")}
    given = {
        (SECTION, *inside.get(name, (name,))): option
        for name, option in OPTIONS.items()
        if values.get(name) is not None
    }
    return given_by(spec.document.places, given)


def checked_recipe(document: Merged, graph: Graph | None) -> Recipe | None:
    """The recipe of a document, also checked against its network; None if there is none.

    The check of the language reports a section `train` that is no mapping.

    Args:
        document: The document, with any value in its section `train`.
        graph: The network, whose modules and outputs the recipe must fit; None if the network has errors.

    Raises:
        NetspecError: The recipe is wrong.
    """
    written = document.data.get(SECTION)
    if not isinstance(written, Mapping):
        return None
    from netspec.recipe.fitting import check_options
    from netspec.recipe.modules import resolve_names
    from netspec.recipe.objective import check_against_outputs
    from netspec.recipe.recipe import read_recipe

    found = read_recipe(written, document)
    if graph is not None:
        check_against_outputs(found, graph, document)
        check_options(found, graph, document)
    if graph is not None and (found.phases or found.fresh):
        resolve_names(found, graph, document)
    return found


def optimizer_states() -> dict[str, OptimizerState]:
    """The state of each optimizer with its default options, by name; ``momentum`` is SGD with momentum."""
    from netspec.recipe.optimizers import Optimizer, Sgd

    kinds = (kind for kind in Optimizer.members.values() if issubclass(kind, Optimizer))
    return {kind.key: kind(lr=1.0).state for kind in kinds} | {
        "momentum": replace(Sgd(lr=1.0, momentum=0.9).state, name="momentum")
    }


@typed
def memory(
    spec: Spec | str | Path,
    *,
    batch: int = 1,
    precision: str = "float32",
    optimizer: str | None = None,
    device: Literal["cpu", "cuda"] = "cpu",
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> Footprint:
    """The memory of a network in training and in inference, computed without torch.

    Args:
        spec: A spec, a file or a zoo name.
        batch: Number of examples.
        precision: ``float32``, ``bf16`` or ``fp16`` (autocast), ``bf16-true`` or ``fp16-true`` (16 bits throughout).
        optimizer: ``momentum`` for SGD with momentum, or a recipe's name, ``sgd``, ``adamw``, ...; by default that of
            the spec's own recipe, or plain ``sgd``.
        device: ``cpu`` or ``cuda``: their kernels keep different tensors.
        inputs: Other shapes of inputs by name, without the batch.
        params: The spec's parameters.

    Raises:
        NetspecError: The spec is wrong.
        ValueError: The batch is below 1, or a name is unknown.
    """
    from netspec.analysis.footprint import Footprint
    from netspec.autograd import PRECISIONS
    from netspec.lowering import held_tensors

    loaded = given(spec, params)
    if batch < 1:
        raise ValueError(f"a batch has one example at least, not {batch}")
    state = _recipe_state(loaded) if optimizer is None else _known("optimizer", optimizer, optimizer_states())
    found = _known("precision", precision, PRECISIONS)
    graph = elaborate(loaded, inputs)
    return Footprint(graph, batch, found, state, device, held_tensors(loaded.document, graph))


def _recipe_state(spec: Spec) -> OptimizerState:
    """The state of the optimizer in the spec's recipe; without a recipe it is plain SGD, which has none."""
    from netspec.analysis.optimizer_state import PLAIN_SGD

    return PLAIN_SGD if spec.document.train is None else recipe_of(spec).optimizer.state


def _known(what: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"{name!r} is no {what} known here: {', '.join(known)}")
    return known[name]
