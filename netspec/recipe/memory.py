"""The memory that training a network takes. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netspec import api
from netspec.analysis.footprint import Device, Footprint
from netspec.analysis.optimizer_state import PLAIN_SGD, OptimizerState
from netspec.autograd import PRECISIONS
from netspec.driver.spec import Spec
from netspec.lowering import held_tensors
from netspec.recipe.findings import Findings, nowhere
from netspec.recipe.optimizers import Optimizer, Sgd
from netspec.recipe.parts import read_part
from netspec.shape import Shape


def optimizer_states() -> dict[str, OptimizerState]:
    """What each optimizer remembers with its default options, by name; ``momentum`` is SGD with one."""
    parts = (read_part(Optimizer, {key: 1.0}, (), Findings(nowhere)) for key in Optimizer.members)
    found = {part.state.name: part.state for part in parts if part}
    return found | {"momentum": replace(Sgd(lr=1.0, momentum=0.9).state, name="momentum")}


def recipe_state(spec: Spec) -> OptimizerState:
    """What the optimizer of the spec's recipe remembers; without a recipe it is plain SGD, which remembers nothing.

    Raises:
        NetspecError: NS0801: the recipe is wrong.
    """
    if spec.document.train is None:
        return PLAIN_SGD
    from netspec.train.spec import recipe_of  # all parts of all recipes, which a network without one has no need of

    return recipe_of(spec).optimizer.state


def memory(
    spec: Spec | str,
    *,
    batch: int = 1,
    precision: str = "float32",
    optimizer: str | None = None,
    device: Device = "cpu",
    inputs: Mapping[str, Shape] | None = None,
    **params: Any,
) -> Footprint:
    """The memory that a network takes in training and in inference, worked out without torch.

    Args:
        spec: A spec, a file or a zoo name.
        batch: Number of examples.
        precision: ``float32``, ``bf16`` or ``fp16`` (autocast), ``bf16-true`` or ``fp16-true`` (16 bits throughout).
        optimizer: ``momentum`` for SGD with one, or by a recipe's name, ``sgd``, ``adamw``, ...; without it the spec's
            own recipe's, or plain ``sgd``.
        device: ``cpu`` or ``cuda``: kernels differ in what they keep.
        inputs: Other shapes of inputs by name, without the batch.
        params: The spec's parameters.

    Raises:
        NetspecError: The spec is wrong.
        ValueError: A batch below 1, or a name that is not known.
    """
    loaded = spec if isinstance(spec, Spec) else api.load(spec, **params)
    if batch < 1:
        raise ValueError(f"a batch has one example at least, not {batch}")
    state = recipe_state(loaded) if optimizer is None else _known("optimizer", optimizer, optimizer_states())
    found = _known("precision", precision, PRECISIONS)
    graph = api.elaborate(loaded, inputs)
    return Footprint(graph, batch, found, state, device, held_tensors(loaded.document, graph))


def _known(what: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"{name!r} is no {what} known here: {', '.join(known)}")
    return known[name]
