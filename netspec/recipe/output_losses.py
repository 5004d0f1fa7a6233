"""The losses of a network with several outputs, by the outputs' names. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from netspec.recipe.losses import Loss
from netspec.recipe.parts import Settings
from netspec.recipe.tasks import Task


class OutputLoss(Settings):
    """The aim of one of several outputs.

    Attributes:
        loss: What is minimised, compared with the output's own target.
        loss_weight: The weight of the loss in the sum of all.
        task: What the output is compared with; None takes what suits the loss, the data and the output.
    """

    loss: Loss
    loss_weight: float = Field(1.0, ge=0)
    task: Task | None = None

    def written(self) -> dict[str, Any]:
        """The loss as it would be written in a spec, with what is said beside its options."""
        task = {} if self.task is None else {"task": self.task.written()}
        return {**self.loss.written(), "loss_weight": self.loss_weight, **task}


class Losses(Settings):
    """A loss for each of several outputs.

    Attributes:
        of: The aim of each output by its name.
    """

    of: dict[str, OutputLoss]

    @property
    def balances(self) -> bool:
        """Whether classes are yet to be given weights by their images."""
        return any(each.loss.balances for each in self.of.values())

    def written(self) -> dict[str, Any]:
        """The losses as they would be written in a spec."""
        return {name: each.written() for name, each in self.of.items()}


_ALONE = frozenset({"name", "type", "kind", "loss", "function", "class"})
"""Keys by which other tools name the only loss."""


def tells_outputs(written: Any) -> bool:
    """Whether what stands at `loss` is one for each output: its keys are no losses, and its values are."""
    if not isinstance(written, Mapping) or not written or any(key in Loss.members for key in written):
        return False
    alone, values = len(written) == 1, written.values()
    if "name" in written or (alone and written.keys() <= _ALONE):
        return False
    return any(map(_names_loss, values)) or (not alone and all(isinstance(each, str | Mapping) for each in values))


def _names_loss(value: Any) -> bool:
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Mapping) else ()
    return any(name in Loss.members for name in names)
