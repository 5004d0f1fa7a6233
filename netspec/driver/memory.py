"""The memory of training a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.driver.recipes import recipe_of
from netspec.driver.spec import Spec, elaborate, load
from netspec.shape import Shape

if TYPE_CHECKING:
    from netspec.analysis.footprint import Device, Footprint
    from netspec.analysis.optimizer_state import OptimizerState


def optimizer_states() -> dict[str, OptimizerState]:
    """The state of each optimizer with its default options, by name; ``momentum`` is SGD with momentum."""
    from netspec.recipe.optimizers import Optimizer, Sgd

    kinds = (kind for kind in Optimizer.members.values() if issubclass(kind, Optimizer))
    return {kind.key: kind(lr=1.0).state for kind in kinds} | {
        "momentum": replace(Sgd(lr=1.0, momentum=0.9).state, name="momentum")
    }


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

    loaded = spec if isinstance(spec, Spec) else load(spec, **params)
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
