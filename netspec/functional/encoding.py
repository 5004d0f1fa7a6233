"""Labels as one number for each class."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


def as_probabilities(
    targets: Tensor, outputs: Tensor, ignore_index: int | None = None
) -> Tensor:
    """Targets in the shape and type of the outputs [N, classes, ...].

    They are 1 for the right class, and all 0 for the ignored. Class probabilities are
    taken as they are.
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
    """The mask of labels [N, ...] to judge; None where no label is ignored."""
    if ignore_index is None or targets.is_floating_point():
        return None
    return targets != ignore_index


@cache
def on_device(
    values: tuple[float, ...], device: torch.device, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Numbers on a device, copied there once: a copy makes it wait."""
    with torch.inference_mode(False):
        return torch.tensor(values, device=device, dtype=dtype)
