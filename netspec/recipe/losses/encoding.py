"""Labels as one number for each class. Its functions import no torch of their own: they work on tensors given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def as_probabilities(targets: Tensor, outputs: Tensor, ignore_index: int | None = None) -> Tensor:
    """Targets in the shape and type of the outputs [N, classes, ...]: 1 for the right class; all 0 for the ignored.

    Class probabilities are taken as they are.
    """
    if targets.is_floating_point():
        return targets.to(outputs.dtype)
    labels, kept = targets.unsqueeze(1), judged(targets, ignore_index)
    zeros = outputs.new_zeros(outputs.shape)
    if kept is None:
        return zeros.scatter_(1, labels, 1.0)
    kept = kept.unsqueeze(1)
    return zeros.scatter_(1, labels.where(kept, 0), kept.to(zeros.dtype))


def judged(targets: Tensor, ignore_index: int | None) -> Tensor | None:
    """Which labels [N, ...] are not the ignored one; None where none is ignored."""
    return None if ignore_index is None or targets.is_floating_point() else targets != ignore_index
