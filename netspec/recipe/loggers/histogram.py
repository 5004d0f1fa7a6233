"""Histograms of weights, in buckets of equal width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from netspec.objects.immutable import immutable

if TYPE_CHECKING:
    from torch import Tensor

_BUCKETS = 64


@immutable
class Histogram:
    """The counts of a tensor's numbers; those that are no finite numbers are left out.

    Attributes:
        counts: Numbers in each bucket.
        edges: The limits of the buckets, one more than there are of them.
        total: The sum of the numbers.
        squares: That of their squares.
    """

    counts: tuple[float, ...]
    edges: tuple[float, ...]
    total: float
    squares: float


def histograms(weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Histogram]]:
    """The histogram of each tensor of real numbers that has any, by its name."""
    for name, tensor in weights.items():
        if tensor.is_floating_point() and tensor.numel():
            yield name, _of(tensor)


def _of(tensor: Tensor) -> Histogram:
    values = tensor.detach().double().cpu().flatten()
    values = values[values.isfinite()]
    low, high = (values.min().item(), values.max().item()) if len(values) else (0.0, 0.0)
    counts = values.histc(_BUCKETS, min=low, max=high)
    width = (high - low) / _BUCKETS
    return Histogram(
        counts=tuple(counts.tolist()),
        edges=tuple(low + width * place for place in range(_BUCKETS + 1)),
        total=values.sum().item(),
        squares=values.square().sum().item(),
    )
