"""The numbers of well-known image filters, over one axis and two.

Gonzalez and Woods, "Digital image processing", 2018, chapter 3; Sobel and Feldman, "An isotropic 3x3 image gradient
operator", 1968. As numbers to cross-correlate with: `sobel_x` answers where the image grows lighter to the right,
`sobel_y` where it does downwards.
"""

import math
from functools import lru_cache

from netspec.shape import Shape, product

Row = tuple[float, ...]
Numbers = Row | tuple[Row, ...]

FIXED: dict[str, dict[int, Numbers]] = {
    "sharpen": {1: (-1, 3, -1), 2: ((0, -1, 0), (-1, 5, -1), (0, -1, 0))},
    "laplacian": {1: (1, -2, 1), 2: ((0, 1, 0), (1, -4, 1), (0, 1, 0))},
    "sobel_x": {2: ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))},
    "sobel_y": {2: ((-1, -2, -1), (0, 0, 0), (1, 2, 1))},
}
"""Filters of one size, by their number of axes."""


@lru_cache(maxsize=64)
def box(size: Shape) -> Numbers:
    """The mean: all numbers are equal and add up to 1."""
    share = 1 / product(size)
    row = (share,) * size[-1]
    return row if len(size) == 1 else (row,) * size[0]


@lru_cache(maxsize=64)
def gaussian(size: Shape, sigma: float | None) -> Numbers:
    """``exp(-r^2 / (2 sigma^2))`` at distance r from the centre, divided by its sum.

    Without `sigma`, it is ``0.3 ((size - 1) / 2 - 1) + 0.8`` along each axis: the formula of OpenCV's
    getGaussianKernel, which itself has tables for small odd sizes instead.
    """
    rows = []
    for n in size:
        width = 0.15 * (n - 1) + 0.5 if sigma is None else sigma
        squares = [(i - (n - 1) / 2) ** 2 for i in range(n)]
        # Without the least r^2, which the division cancels, the nearest places weigh 1 however small sigma is.
        weights = [math.exp(-((square - min(squares)) / width / width) / 2) for square in squares]
        rows.append(tuple(weight / sum(weights) for weight in weights))
    if len(rows) == 1:
        return rows[0]
    return tuple(tuple(a * b for b in rows[1]) for a in rows[0])


def shape_of(numbers: Numbers) -> Shape | None:
    """The sizes of a kernel; None where its rows are not of one length."""
    rows = [row for row in numbers if isinstance(row, tuple)]
    if not rows:
        return (len(numbers),)
    if len(rows) < len(numbers) or any(len(row) != len(rows[0]) for row in rows):
        return None
    return len(rows), len(rows[0])
