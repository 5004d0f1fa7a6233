"""The base of pooling with a moving window, for any statistic of the window."""

from typing import ClassVar, NoReturn

from netspec.autograd import operations
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fits
from netspec.diagnostics.tensor_facts import TooSmall
from netspec.layers.base import Argument, Bounds, Shapes, Weightless, Window, refuse, refuse_option
from netspec.layers.checks import AXIS_NAMES, sizes, unset
from netspec.layers.conv_size import arithmetic
from netspec.layers.ranks import POOLED
from netspec.layers.remembers import makes
from netspec.layers.traits import ANYTHING
from netspec.shape import Shape, Size, pool_output, product, times, window_extent


def _refuse_window(problem: str, window: Shape, room: Shape, arithmetic: str = "", more: str = "") -> NoReturn:
    """Refuse a window that is larger than its padded input."""
    refuse(
        Code.KERNEL_TOO_LARGE,
        problem,
        option="kernel",
        found=f"a window of {times(window)} on {times(room)}{arithmetic}",
        expected=f"at most {times(room)}",
        fact=TooSmall(room, window),
        help=f"`kernel: {min(room)}` fits{more}",
    )


class SlidingWindow(Weightless):
    """Base of moving windows: ``S' = floor_or_ceil((S + 2p - d(k - 1) - 1) / s) + 1`` per axis.

    `whole` names the layer that computes the same over the whole input.
    """

    main: ClassVar = "kernel"
    ranks: ClassVar = POOLED
    arguments: ClassVar[tuple[Argument, ...]] = ("kernel",)
    computes_units: ClassVar = True
    # Whether torch measures the window against the input without padding where there are three spatial axes
    # (`pool3d_shape_check` in ATen/native/Pool.h, which average pooling alone asks to do so).
    bare: ClassVar = False
    whole: ClassVar[str] = ""

    kernel: Size
    stride: Size | None = None

    def _rounds_up(self) -> bool:
        return False

    def _padding(self, axes: int) -> Shape:
        return (0,) * axes

    def _dilation(self, axes: int) -> Shape:
        return (1,) * axes

    def _stride(self, axes: int) -> Shape:
        return sizes("kernel", self.kernel, axes, 1) if unset(self.stride) else sizes("stride", self.stride, axes, 1)  # type: ignore[arg-type]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a window larger than its padded input, and padding beyond half the kernel."""
        size = self.ranked(inputs)[0][1:]
        axes = len(size)
        kernel = sizes("kernel", self.kernel, axes, 1)
        stride, padding, dilation = self._stride(axes), self._padding(axes), self._dilation(axes)
        for k, p in zip(kernel, padding, strict=True):
            if p > k // 2:
                refuse_option(
                    "padding",
                    f"`padding: {p}` is more than half of the kernel",
                    found=f"padding {p}, kernel {k}",
                    expected=f"at most {k // 2}",
                    fact=Fits("padding", (k // 2,)),
                    help=f"`padding: {k // 2}` is the most a window of {k} can use; `pad` before the pooling adds more",
                )
        if self.bare and axes == 3:
            for n, k in zip(size, kernel, strict=True):
                if k > n:
                    problem = f"`{self.op}` over three axes needs an input of the window's size before padding"
                    _refuse_window(problem, kernel, size, more="; torch measures this one layer without its padding")
        found = tuple(
            self._size(n, k, s, p, p, d) for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
        )
        for axis, n in enumerate(found):
            if n < 1:
                extent = tuple(window_extent(k, d) for k, d in zip(kernel, dilation, strict=True))
                padded = tuple(n + 2 * p for n, p in zip(size, padding, strict=True))
                p = padding[axis]
                how = arithmetic(size[axis], kernel[axis], stride[axis], (p, p), dilation[axis], self._size)
                whose = "the padded input's" if "padding" in type(self).model_fields else "the input's"
                _refuse_window(
                    f"the window spans {extent[axis]}, {whose} {AXIS_NAMES[axes][axis]} is {padded[axis]}",
                    extent,
                    padded,
                    f": {how}",
                    f"; `{self.whole}` takes the whole input" if self.whole else "",
                )
        return ((inputs[0][0], *found),)

    def fan_in(self, inputs: Shapes) -> int:
        """Elements of the window."""
        return product(sizes("kernel", self.kernel, len(inputs[0]) - 1, 1))

    def _size(self, size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
        """The output's size along one axis, padded on both sides alike."""
        return pool_output(size, kernel, stride, before, dilation, self._rounds_up())

    def receptive_field(self, inputs: Shapes) -> Window:
        """The dilated window."""
        axes = len(inputs[0]) - 1
        kernel = sizes("kernel", self.kernel, axes, 1)
        extent = tuple(window_extent(k, d) for k, d in zip(kernel, self._dilation(axes), strict=True))
        return Window(extent, self._stride(axes), self._padding(axes), "own")


class WindowPool(SlidingWindow):
    """Pools whose last window may reach over the edge."""

    record = makes(operations.pool, keeps=True)

    ceil_mode: bool = False

    def _rounds_up(self) -> bool:
        return self.ceil_mode

    def whole_if_one(self, inputs: Shapes) -> Bounds | None:
        """The rule `unchanged` where the statistic of one element is that element: everything, for windows of one."""
        return ANYTHING if self.fan_in(inputs) == 1 and self.infer(inputs) == inputs else None


class PaddedPool(WindowPool):
    """Pools with padding on both sides."""

    padding: Size = 0

    def _padding(self, axes: int) -> Shape:
        return sizes("padding", self.padding, axes, 0)
