"""Shapes and their arithmetic: the one home of the size formulas.

A shape is a tuple of positive integers without the batch axis: ``(channels, *spatial)`` for
images, ``(length, features)`` for sequences. All functions are plain integer arithmetic
(``+ - * //`` and comparisons), so that they also work on symbolic integers.
"""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]
Size = int | tuple[int, ...]


def per_axis(value: Size, axes: int) -> tuple[int, ...] | None:
    """`value` for each of `axes` axes; None where a sequence has another length."""
    if isinstance(value, tuple):
        return value if len(value) == axes else None
    return (value,) * axes


def window_extent(kernel: int, dilation: int) -> int:
    """Positions that a dilated kernel spans: ``dilation * (kernel - 1) + 1``."""
    return dilation * (kernel - 1) + 1


def conv_output(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Output size of a convolution along one axis.

    ``floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1``
    (Dumoulin and Visin, "A guide to convolution arithmetic", relationship 6; torch.nn.Conv2d).
    """
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def product(sizes: Sequence[int]) -> int:
    """Number of elements of `sizes`."""
    total = 1
    for size in sizes:
        total = total * size
    return total
