"""What the training targets of several outputs tell of their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from netspec.functional.fields import Field
from netspec.functional.packing import targets_by_output


@dataclass(frozen=True, slots=True)
class Told:
    """The targets of one of several outputs.

    Attributes:
        classes: The number of classes; 0 where targets are none.
        shape: The shape of a target: () for a class, [values] for values.
        binary: Whether targets are values of 0 and 1 alone.
        first_label: The smallest class that there is; 0 where targets are no classes.
    """

    classes: int
    shape: tuple[int, ...]
    binary: bool
    first_label: int


def told_by_output(targets: Tensor, outputs: Sequence[Field]) -> dict[str, Told]:
    """The facts of packed targets [N, numbers], by the output that they are for."""
    found = targets_by_output(targets, outputs)
    return {each.name: _told(each, found[each.name]) for each in outputs}


def _told(field: Field, targets: Tensor) -> Told:
    if field.classes:
        return Told(len(field.classes), field.shape, False, int(targets.min()) if len(targets) else 0)
    return Told(0, field.shape, bool(((targets == 0) | (targets == 1)).all()), 0)
