"""What the training targets of several outputs tell of their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from netspec.functional.balance import class_counts
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
        counts: The examples of each class that are learned from; None where targets are no classes.
    """

    classes: int
    shape: tuple[int, ...]
    binary: bool
    first_label: int
    counts: tuple[int, ...] | None = None


def told_by_output(targets: Tensor, learned: Tensor, outputs: Sequence[Field]) -> dict[str, Told]:
    """The facts of packed targets, by the output that they are for.

    Args:
        targets: [N, numbers], those held out of training included.
        learned: [M, numbers], those that are learned from alone.
        outputs: What both are packed of.
    """
    found, counted = targets_by_output(targets, outputs), targets_by_output(learned, outputs)
    return {each.name: _told(each, found[each.name], counted[each.name]) for each in outputs}


def _told(field: Field, targets: Tensor, learned: Tensor) -> Told:
    if field.classes:
        counts = tuple(class_counts(learned, len(field.classes), None))
        return Told(len(field.classes), field.shape, False, int(targets.min()) if len(targets) else 0, counts)
    return Told(0, field.shape, bool(((targets == 0) | (targets == 1)).all()), 0)
