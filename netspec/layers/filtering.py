"""Image filters: convolution with fixed kernels.

The numbers of well-known filters, over one axis and two, are those of Gonzalez and Woods, "Digital image processing",
2018, chapter 3; Sobel and Feldman, "An isotropic 3x3 image gradient operator", 1968. As numbers to cross-correlate
with: `sobel_x` answers where the image grows lighter to the right, `sobel_y` where it does downwards.
"""

import math
from functools import lru_cache
from typing import ClassVar, Literal, NoReturn

from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, refuse, refuse_option
from netspec.layers.checks import above, at_most, sizes, unset
from netspec.layers.conv import Conv
from netspec.layers.depthwise import Depthwise, depthwise
from netspec.program import Call
from netspec.shape import Pairs, Shape, Size, product, times

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


MOST_NUMBERS = 10_000
"""Numbers of a kernel that is written out."""


class Filter(Depthwise):
    """A fixed image filter on each channel: `box`, `gaussian`, `sharpen`, `laplacian`, `sobel_x`, `sobel_y` or numbers.

    Input ``[C, *S]``, output ``[C, *S']`` as of `conv`, over one or two axes. `box` and `gaussian` need a `size`; a
    null `sigma` is ``0.3 ((size - 1) / 2 - 1) + 0.8``, OpenCV's formula (OpenCV itself has tables for small odd sizes).
    `cross_correlation` lays the kernel on the image as it is written, as `conv` does: ``y[i] = sum_j w[j] x[i + j]``;
    `convolution` turns it by 180 degrees first: ``y[i] = sum_j w[j] x[i - j]`` (Gonzalez and Woods, "Digital image
    processing", 2018, section 3.4).
    Nothing is learned, and the numbers are no part of the state_dict.
    """

    op: ClassVar = "filter"
    target: ClassVar = "netspec.nn.Filter"
    main: ClassVar = "kernel"
    examples: ClassVar = (
        Example({"kernel": "gaussian", "size": 5, "sigma": 1.0, "padding": "same"}, ((3, 8, 8),)),
        Example({"kernel": "box", "size": (2, 3), "stride": 2}, ((3, 7, 8),)),
        Example({"kernel": "sobel_x", "padding": 1, "padding_mode": "replicate"}, ((1, 6, 6),)),
        Example({"kernel": "laplacian", "dilation": 2}, ((2, 9),)),
        Example({"kernel": (0.5, 1.0, -0.5), "mode": "convolution", "padding": ((2, 0),)}, ((2, 9),)),
        Example({"kernel": ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), "mode": "convolution"}, ((2, 5, 5),)),
    )
    samples: ClassVar = {
        "kernel": ((1.0, 2.0), (0.5, 1.0, 3.0), ((1.0, 2.0),), ((1.0, 2.0), (3.0, -4.0)), ((1.0,), (2.0, 3.0)), ((),)),
        "padding": (0, 1, "same", ((1, 0),), ((0, 2), (1, 0))),
        "sigma": (0.8, 2.0),
    }

    kernel: Literal["box", "gaussian", "sharpen", "laplacian", "sobel_x", "sobel_y"] | Row | tuple[Row, ...]
    size: Size | None = None
    sigma: float | None = None
    mode: Literal["cross_correlation", "convolution"] = "cross_correlation"
    stride: Size = 1
    padding: Size | Pairs | Literal["same", "valid"] = 0
    dilation: Size = 1

    def numbers(self, axes: int) -> Numbers:
        """The kernel for inputs of a number of spatial axes; refuses options that give none."""
        name = self.kernel if isinstance(self.kernel, str) else "numbers"
        if name not in ("box", "gaussian") and not unset(self.size):
            _meaningless("size", name)
        if name != "gaussian" and not unset(self.sigma):
            _meaningless("sigma", name)
        if name in ("box", "gaussian"):
            if unset(self.size):
                refuse(
                    Code.MISSING_OPTION,
                    f"`filter: {name}` needs a size",
                    option=None,
                    found="no `size`",
                    expected="an odd number, mostly",
                    help=f"`{{filter: {name}, size: 3, padding: 1}}` keeps the input's size",
                )
            size = sizes("size", self.size, axes, 1)  # type: ignore[arg-type]
            at_most("size", product(size), MOST_NUMBERS, "numbers of a kernel")
            if name == "box":
                return box(size)
            if not unset(self.sigma):
                above("sigma", self.sigma, 0, "")  # type: ignore[arg-type]
            return gaussian(size, None if unset(self.sigma) else self.sigma)
        return self._fixed(axes) if isinstance(self.kernel, str) else self._given(axes)

    def _fixed(self, axes: int) -> Numbers:
        known = FIXED[str(self.kernel)]
        if axes not in known:
            refuse_option(
                "kernel",
                f"`filter: {self.kernel}` is for images",
                found="one spatial axis",
                expected="[channels, height, width]",
                help="`{filter: [-1, 0, 1]}` is the derivative along one axis",
            )
        return known[axes]

    def _given(self, axes: int) -> Numbers:
        given: Numbers = tuple(row if isinstance(row, (int, float)) else tuple(row) for row in self.kernel)  # type: ignore[assignment]
        shape = shape_of(given)
        if shape is None or 0 in shape:
            refuse_option(
                "kernel",
                "the rows of `kernel` differ in length" if shape is None else "`kernel` is empty",
                found=" and ".join(f"{len(row)}" for row in given if isinstance(row, tuple)) or "no numbers",
                expected="rows of one length, with one number at least",
            )
        if len(shape) != axes:
            one = "a list of numbers" if axes == 1 else "a list of rows"
            refuse_option(
                "kernel",
                f"`kernel` has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}, the input has {axes} spatial",
                found=times(shape),
                expected=one,
                help="`[[1, 2, 1]]` is a kernel of one row" if axes == 2 else None,
            )
        return given

    def conv(self, inputs: Shapes) -> Conv:
        axes = len(inputs[0]) - 1
        kernel = shape_of(self.numbers(axes))
        if isinstance(self.kernel, str) and not unset(self.size):
            kernel = sizes("size", self.size, axes, 1)  # type: ignore[arg-type]
        names = ("stride", "padding", "dilation", "padding_mode")
        return depthwise(inputs, kernel=kernel, **{name: getattr(self, name) for name in names})

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own, which holds the numbers."""
        defaults = {"mode": "cross_correlation", "stride": 1, "padding": 0, "dilation": 1, "padding_mode": "zeros"}
        options = {name: getattr(self, name) for name in defaults}
        if not isinstance(self.padding, int):
            _, _, _, options["padding"] = self.conv(inputs).geometry(inputs)
        kernel = self.numbers(len(inputs[0]) - 1)
        return Call(self.target, (), {"kernel": kernel, **options}, defaults)


def _meaningless(option: str, name: str) -> NoReturn:
    refuse_option(
        option,
        f"`{option}` means nothing to `filter: {name}`" if name in FIXED else f"given numbers have no `{option}`",
        found=name,
        expected="`filter: gaussian`" if option == "sigma" else "`filter: box` or `filter: gaussian`",
    )
