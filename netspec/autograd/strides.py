"""Torch's layout of a tensor's elements, in plain arithmetic: its rules for views, copies and results.

Strides count elements, as torch's do. Shapes hold the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.shape import Shape

Strides = tuple[int, ...]


def contiguous(shape: Shape) -> Strides:
    """Strides of the axes in order, the last the innermost."""
    return ordered(shape, range(len(shape) - 1, -1, -1))


def channels_last(shape: Shape) -> Strides:
    """Strides with the channels (axis 1) innermost, for any number of spatial axes."""
    return ordered(shape, (1, *range(len(shape) - 1, 1, -1), 0))


def ordered(shape: Shape, axes: Sequence[int]) -> Strides:
    """Strides without gaps; `axes` come from the innermost to the outermost."""
    strides = [1] * len(shape)
    step = 1
    for axis in axes:
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def is_contiguous(shape: Shape, strides: Strides) -> bool:
    """Whether the elements lie in order; axes of size 1 do not matter."""
    return _agree(shape, strides, contiguous(shape))


def _agree(shape: Shape, one: Strides, other: Strides) -> bool:
    """Whether strides are the same along axes of more than one place."""
    return all(a == b for n, a, b in zip(shape, one, other, strict=True) if n != 1)


def is_channels_last(shape: Shape, strides: Strides) -> bool:
    """Whether torch takes a tensor for an image with its channels last (``is_channels_last_strides_2d`` and ``_3d``).

    Where sizes of 1 make it ambiguous, ``[N, C, H, W]`` counts as channels first.
    """
    if len(shape) not in (4, 5) or strides[1] == 0:
        return False
    least = 0
    for axis in (1, *range(len(shape) - 1, 1, -1), 0):
        if strides[axis] < least or (axis == 0 and least == strides[1]):
            return False
        least = strides[axis] * max(shape[axis], 1)
    return True


def is_dense(shape: Shape, strides: Strides) -> bool:
    """Whether the elements fill their storage without gaps, in any order, and none is there twice."""
    step = 1
    for stride, size in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride != step:
            return False
        step *= size
    return True


def pointwise(shape: Shape, operands: Sequence[tuple[Shape, Strides]]) -> Strides:
    """Strides of the result of an operation element by element (``TensorIterator`` in ATen).

    The axes keep their order in the operands, the first operand before the others.
    """
    if all(own == shape and is_contiguous(own, strides) for own, strides in operands):
        return contiguous(shape)
    last = channels_last(shape) if len(shape) == 4 else contiguous(shape)
    if all(own == shape and _agree(shape, strides, last) for own, strides in operands):
        return last
    first = operands[0][1]
    if all(own == shape and strides == first for own, strides in operands) and is_dense(shape, first):
        return first
    rank = len(shape)
    steps = [_broadcast(shape, own, strides) for own, strides in operands]
    axes = list(range(rank - 1, -1, -1))
    for place in range(1, rank):
        here = place
        for before in range(place - 1, -1, -1):
            order = _compare(shape, steps, axes[before], axes[here])
            if order > 0:
                axes[before], axes[here] = axes[here], axes[before]
                here = before
            elif order < 0:
                break
    return ordered(shape, axes)


def _broadcast(shape: Shape, own: Shape, strides: Strides) -> Strides:
    """Strides along the result's axes: 0 where the operand is stretched."""
    missing = len(shape) - len(own)
    found = (0 if n == 1 and whole != 1 else s for n, s, whole in zip(own, strides, shape[missing:], strict=True))
    return (*(0,) * missing, *found)


def _compare(shape: Shape, steps: Sequence[Strides], inner: int, outer: int) -> int:
    """A positive number where the two axes must swap, a negative one where they must stay, 0 where nothing decides."""
    for strides in steps:
        one, other = strides[inner], strides[outer]
        if one == 0 or other == 0:
            continue
        if one != other:
            return 1 if one > other else -1
        if shape[inner] > shape[outer]:
            return 1
    return 0


def viewed(shape: Shape, strides: Strides, new: Shape) -> Strides | None:
    """Strides that show the same elements in another shape; None where a copy is needed (``Tensor.view``)."""
    found = [0] * len(new)
    place = len(new) - 1
    base = strides[-1] if strides else 1
    elements = seen = 1
    for axis in range(len(shape) - 1, -1, -1):
        elements *= shape[axis]
        if axis > 0 and (shape[axis - 1] == 1 or strides[axis - 1] == elements * base):
            continue
        while place >= 0 and (seen < elements or new[place] == 1):
            found[place] = seen * base
            seen *= new[place]
            place -= 1
        if seen != elements:
            return None
        if axis > 0:
            base = strides[axis - 1]
            elements = seen = 1
    while place >= 0 and new[place] == 1:
        found[place] = seen * base
        place -= 1
    return tuple(found) if place < 0 else None
