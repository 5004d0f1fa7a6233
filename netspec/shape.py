"""Shapes and their arithmetic: the only place of the size formulas.

A shape is a tuple of positive integers without the batch axis: ``(channels, *spatial)`` for
images, ``(length, features)`` for sequences. All functions are plain integer arithmetic
(``+ - * //`` and comparisons), so that they also work on symbolic integers.
"""

from __future__ import annotations

from collections.abc import Sequence

Shape = tuple[int, ...]
Size = int | tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Shapes = tuple[Shape, ...]


def per_axis(value: Size, axes: int) -> tuple[int, ...] | None:
    """`value` for each of `axes` axes; None if a sequence has another length."""
    # The test is for int, not for tuple: a symbolic sequence is iterable, but no tuple.
    if isinstance(value, int):
        return (value,) * axes
    return tuple(value) if len(value) == axes else None


def window_extent(kernel: int, dilation: int) -> int:
    """The number of positions that a dilated kernel spans: ``dilation * (kernel - 1) + 1``."""
    return dilation * (kernel - 1) + 1


def conv_output(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Output size of a convolution along one axis.

    ``floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1``
    (Dumoulin and Visin, "A guide to convolution arithmetic", relationship 6; torch.nn.Conv2d).
    """
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1


def conv_transpose_output(size: int, kernel: int, stride: int, padding: int, extra: int, dilation: int) -> int:
    """Output size of a transposed convolution along one axis; `extra` is torch's ``output_padding``.

    ``(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1``
    (Dumoulin and Visin, relationship 14; torch.nn.ConvTranspose2d).
    """
    return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1


def pool_output(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """Output size of a pooling along one axis.

    The formula is that of `conv_output`, with the quotient rounded up in `ceil_mode`; a last window that would then
    start in the padding after the input is dropped (``pooling_output_shape`` in torch's ATen/native/Pool.h).
    """
    if not ceil_mode:
        return conv_output(size, kernel, stride, padding, padding, dilation)
    windows = (size + 2 * padding - dilation * (kernel - 1) - 1 + stride - 1) // stride + 1
    if (windows - 1) * stride >= size + padding:
        return windows - 1
    return windows


def same_padding(kernel: int, dilation: int) -> tuple[int, int]:
    """Padding (before, after) that keeps the size at stride 1; the odd position goes after, as in torch."""
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def product(sizes: Sequence[int]) -> int:
    """Number of elements of `sizes`."""
    total = 1
    for size in sizes:
        total = total * size
    return total


def position(axis: int, rank: int) -> int | None:
    """`axis` counted from the front, or None if a shape of `rank` axes has no such axis."""
    axis = int(axis)  # an index decides which item is read; for a symbol this records a guard
    if axis < -rank or axis >= rank:
        return None
    return axis if axis >= 0 else axis + rank


def batched(axis: int) -> int:
    """`axis` of a shape in torch's count, with the batch in front."""
    return axis + 1 if axis >= 0 else axis


def replaced(shape: Shape, axis: int, size: int) -> Shape:
    """`shape` with `size` at `axis` (counted from the front)."""
    return (*shape[:axis], size, *shape[axis + 1 :])


IMAGE_CHANNELS = (1, 3, 4)
"""Channel counts of images: grey, colour, and colour with transparency."""


def channels_first(shape: Sequence[int]) -> list[int] | None:
    """``[224, 224, 3]`` as ``[3, 224, 224]``; None if it is unlikely to be an image with channels last."""
    if len(shape) == 3 and shape[2] in IMAGE_CHANNELS and min(shape[:2]) > max(IMAGE_CHANNELS):
        return [shape[2], *shape[:2]]
    return None


def without_batch(shape: Sequence[int]) -> list[int] | None:
    """``[1, 3, 224, 224]`` as ``[3, 224, 224]``; None if its first axis is unlikely to be the batch."""
    inner = [*shape[1:]]
    if len(shape) != 4:
        return None
    if inner[0] in IMAGE_CHANNELS and min(inner[1:]) > max(IMAGE_CHANNELS):
        return inner
    return channels_first(inner)


def spell(shape: Sequence[int]) -> str:
    """A shape for a message: ``[3, 224, 224]``."""
    return "[" + ", ".join(f"{size:d}" for size in shape) + "]"


def times(sizes: Sequence[int]) -> str:
    """Sizes for a message: ``14x14``."""
    return "x".join(f"{size:d}" for size in sizes)


def roughly(number: int) -> str:
    """A count for a message: ``1,048,577``, or ``about 2^62`` for one with too many digits."""
    return f"{number:,d}" if number < 10**12 else f"about 2^{number.bit_length() - 1}"
