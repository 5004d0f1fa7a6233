"""A convolution by hand, exact: as a filter that is laid on a signal, and as a sparse matrix times a vector.

With one axis the matrix is Toeplitz, each of its diagonals of one number; with two, rows laid out one after the other,
it is doubly blocked Toeplitz: a Toeplitz arrangement of Toeplitz blocks (Goodfellow, Bengio and Courville, "Deep
learning", 2016, section 9.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Literal

from netspec.objects.immutable import immutable
from netspec.shape import Pairs, Shape, same_padding

Number = int | Fraction
Index = tuple[int, ...]
Mode = Literal["convolution", "cross_correlation"]


MOST = 1024
"""The most numbers of a result."""


class Unfit(ValueError):
    """Numbers that cannot be convolved, and the reason."""


@immutable
class Array:
    """Numbers along one axis or two, by their indices, the last axis running fastest."""

    shape: Shape
    numbers: tuple[Number, ...]

    @classmethod
    def of(cls, value: Any) -> Array:
        """The numbers of a list, or of a list of rows.

        Raises:
            Unfit: It is none, is empty, or its rows differ in length.
        """
        rows = value if isinstance(value, list) and value and all(isinstance(row, list) for row in value) else [value]
        for row in rows:
            if not isinstance(row, list) or not row:
                raise Unfit("it is no list of numbers, nor of rows of numbers")
            if any(type(each) not in (int, Fraction) for each in row):
                raise Unfit("it holds what is no number")
            if len(row) != len(rows[0]):
                raise Unfit(f"its rows differ in length: {len(rows[0])} and {len(row)}")
        shape = (len(rows), len(rows[0])) if rows is value else (len(rows[0]),)
        return cls(shape, tuple(each for row in rows for each in row))

    @property
    def indices(self) -> Iterator[Index]:
        """All indices, in order."""
        return product(*map(range, self.shape))

    def at(self, index: Index) -> Number:
        """The number at an index; 0 beyond the ends."""
        place = 0
        for i, n in zip(index, self.shape, strict=True):
            if not 0 <= i < n:
                return 0
            place = place * n + i
        return self.numbers[place]

    def turned(self) -> Array:
        """All axes reversed: turned by 180 degrees."""
        return Array(self.shape, self.numbers[::-1])

    @property
    def nested(self) -> list[Any]:
        """A list, or a list of rows."""
        if len(self.shape) == 1:
            return list(self.numbers)
        width = self.shape[1]
        return [list(self.numbers[at : at + width]) for at in range(0, len(self.numbers), width)]


@immutable
class Convolution:
    """A signal, a kernel, and what they make.

    Attributes:
        signal: The signal x, or the image.
        kernel: The kernel w as it is written.
        mode: Whether the kernel is turned before it is laid on the signal.
        padding: Zeros before and after each axis.
        stride: The steps between the places of the kernel.
        result: The result y.
    """

    signal: Array
    kernel: Array
    mode: Mode
    padding: Pairs
    stride: int
    result: Array

    @property
    def laid(self) -> Array:
        """The kernel as it is laid on the signal."""
        return self.kernel.turned() if self.mode == "convolution" else self.kernel

    def products(self, index: Index) -> Iterator[tuple[Number, Number]]:
        """The factors that add up to the result at an index: numbers of the kernel as it is laid, and of the signal."""
        for offset in self.laid.indices:
            yield self.laid.at(offset), self.signal.at(self._seen(index, offset))

    @property
    def matrix(self) -> list[list[Number]]:
        """The matrix T of ``y = T x``, a row for each number of the result and a column for each of the signal."""
        rows = []
        for index in self.result.indices:
            by_place = {self._seen(index, offset): self.laid.at(offset) for offset in self.laid.indices}
            rows.append([by_place.get(place, 0) for place in self.signal.indices])
        return rows

    def _seen(self, index: Index, offset: Index) -> Index:
        places = zip(index, offset, self.padding, strict=True)
        return tuple(i * self.stride + u - before for i, u, (before, _) in places)


def convolve(
    signal: Array,
    kernel: Array,
    mode: Mode = "convolution",
    padding: int | Literal["full", "same", "valid"] = "full",
    stride: int = 1,
) -> Convolution:
    """Convolve a signal, or an image, with a kernel.

    Args:
        signal: Numbers along one axis or two.
        kernel: Numbers along as many.
        mode: `convolution` turns the kernel first: ``y[i] = sum_j w[j] x[i - j]``; `cross_correlation` does not:
            ``y[i] = sum_j w[j] x[i + j]``.
        padding: Zeros on either side of each axis; `full` is as many as let the kernel touch the signal by one number.
        stride: The steps between the places of the kernel.

    Raises:
        Unfit: They have not as many axes, the kernel is larger than the padded signal, or the result than `MOST`.
    """
    if len(signal.shape) != len(kernel.shape):
        raise Unfit(f"the kernel has {len(kernel.shape)} axes, the signal {len(signal.shape)}")
    pads = tuple(_padding(padding, k) for k in kernel.shape)
    shape = []
    for n, k, (before, after) in zip(signal.shape, kernel.shape, pads, strict=True):
        if n + before + after < k:
            raise Unfit(f"the kernel spans {k}, the padded signal {n + before + after}")
        shape.append((n + before + after - k) // stride + 1)
    if prod(shape) > MOST:
        raise Unfit(f"the result has {prod(shape):,} numbers; at most {MOST:,} are worked out")
    empty = Convolution(signal, kernel, mode, pads, stride, Array(tuple(shape), ()))
    numbers = tuple(sum(w * x for w, x in empty.products(index)) for index in empty.result.indices)
    return Convolution(signal, kernel, mode, pads, stride, Array(tuple(shape), numbers))


def _padding(padding: int | str, kernel: int) -> tuple[int, int]:
    if padding == "same":
        return same_padding(kernel, 1)
    number = {"full": kernel - 1, "valid": 0}.get(padding) if isinstance(padding, str) else padding
    assert number is not None
    return number, number
