"""Values that are learned as deviations from their mean, and told in their own unit."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from netspec.functional.compared import as_rows
from netspec.functional.inputs import mean_and_deviation

Standard = tuple[tuple[float, ...], tuple[float, ...]]
"""The mean of each column of the values that are learned from, and its deviation."""


def standard_of(targets: Tensor) -> Standard:
    """Mean and deviation of each column of values [N] or [N, K].

    Of equal values these are the value and 1: the mean of a rounded sum would leave
    them a deviation.
    """
    columns = targets.flatten(1) if targets.ndim > 1 else targets[:, None]
    means, deviations = mean_and_deviation(columns)
    least, largest = (each.tolist() for each in torch.aminmax(columns, dim=0))
    same = [low == high for low, high in zip(least, largest, strict=True)]
    found = zip(same, least, means, deviations, strict=True)
    rows = [(low, 1.0) if own else (mean, spread) for own, low, mean, spread in found]
    return tuple(row[0] for row in rows), tuple(row[1] for row in rows)


def loss_of_standardised(
    outputs: Tensor,
    targets: Tensor,
    criterion: Callable[[Tensor, Tensor], Tensor],
    standard: Standard,
) -> Tensor:
    """The loss of outputs [N, K] against (target - mean) / deviation of each column."""
    return criterion(outputs, standardised(targets, standard))


def standardised(targets: Tensor, standard: Standard) -> Tensor:
    """(target - mean) / deviation of each column of values [N, K]."""
    mean, deviation = rows_of(standard, targets)
    found: Tensor = (targets.double() - mean) / deviation
    return found.to(targets.dtype)


def in_own_units(values: Tensor, standard: Standard) -> Tensor:
    """Standardised values [N, K] in the targets' unit, in double precision."""
    mean, deviation = rows_of(standard, values)
    found: Tensor = values.double() * deviation + mean
    return found


def rows_of(standard: Standard, like: Tensor) -> Tensor:
    """Mean and deviation as rows [2, K] on a tensor's device, in double precision."""
    return torch.tensor(standard, dtype=torch.float64, device=like.device)


def own_as_rows(
    outputs: Tensor,
    targets: Tensor,
    standard: Standard,
    values: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Outputs and targets as rows [N, K] in the targets' unit, in double precision.

    Args:
        outputs: They stand for standardised values.
        targets: In their own unit.
        standard: Mean and deviation of the values that are learned from.
        values: Gives the values that outputs stand for; None where they are those.
    """
    given = outputs if values is None else values(outputs)
    return as_rows(in_own_units(given, standard), targets)
