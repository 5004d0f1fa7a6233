"""Minima, sums and standard deviations of a window that moves."""

from typing import ClassVar

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.layers.base import Bounds, Example, Shapes
from netspec.layers.checks import sizes
from netspec.layers.pool import MaxPool
from netspec.layers.pool_window import PaddedPool
from netspec.layers.traits import NEVER_NEGATIVE, always, signed_as_input
from netspec.shape import product


class MinPool(MaxPool):
    """Minimum over a window: ``-max_pool(-x)``.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S + 2p - d(k - 1) - 1) / s) + 1`` per axis, rounded up
    with `ceil_mode` unless the last window would start in the padding after the input. The padding never is the
    minimum: it counts as infinite. `stride` is the kernel's size unless given.
    """

    op: ClassVar = "min_pool"
    whole: ClassVar = "global_min_pool"
    target: ClassVar = "netspec.nn.MinPool{}d"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Two changes of sign about a maximum, which keeps the changed input."""
        return (tape.pointwise(*super().record(tape, (tape.pointwise(*inputs),), weights)),)


class _Statistic(PaddedPool):
    """Statistics whose padding is an option and whose windows have no holes."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example({"kernel": 2}, ((6, 28, 28),)),
        Example({"kernel": 3, "stride": 2, "padding": 1}, ((4, 7, 7),)),
        Example({"kernel": 2, "padding": 1, "ceil_mode": True}, ((2, 3, 4),)),
        Example({"kernel": 3, "stride": 2, "ceil_mode": True}, ((4, 8),)),
        Example({"kernel": (1, 2, 2)}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"kernel": (2, 3), "padding": (0, 1)}
    keywords: ClassVar = ("stride", "padding", "ceil_mode")


class SumPool(_Statistic):
    """Sum over a window, without the division of `avg_pool`.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S + 2p - k) / s) + 1`` per axis, rounded up with
    `ceil_mode` as in `max_pool`. The padding counts as zeros.
    """

    op: ClassVar = "sum_pool"
    whole: ClassVar = "global_sum_pool"
    bare: ClassVar = True
    target: ClassVar = "netspec.nn.SumPool{}d"
    bounds = signed_as_input

    def unchanged(self, inputs: Shapes) -> Bounds | None:
        """Everything, where windows are of one element."""
        return self.whole_if_one(inputs)


class StdPool(_Statistic):
    """Population standard deviation over a window: ``sqrt(mean((x - mean(x))^2))``.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S + 2p - k) / s) + 1`` per axis, rounded up with
    `ceil_mode` as in `max_pool`. Only the part of a window that lies in the input counts, not the padding. Where all
    elements are equal, the gradient is 0.
    """

    op: ClassVar = "std_pool"
    whole: ClassVar = "global_std_pool"
    target: ClassVar = "netspec.nn.StdPool"
    bounds = always(NEVER_NEGATIVE)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the deviations and their norm, and for one image the mask of inside elements, their count and root.

        It computes on copies of its windows; along one axis it uses a view of them.
        """
        (x,) = inputs
        ones = tape.operation([], (1, 1, *x.shape[2:]), dtype=x.dtype)
        values, inside = self._windows(tape, x), self._windows(tape, ones)
        last = len(values.shape) - 1
        count = operations.reduced(tape, inside, (last,), keepdim=True)
        mean = tape.pointwise(operations.reduced(tape, values, (last,), keepdim=True), count, keeps=(count,))
        deviation = tape.pointwise(tape.pointwise(values, mean), inside, keeps=(inside,))
        spread = operations.reduced(tape, deviation, (last,), keepdim=False, keeps_both=True)
        root = tape.pointwise(tape.select(count, last))
        return (tape.pointwise(spread, root, keeps=(root,)),)

    def _windows(self, tape: Tape, x: TapeTensor) -> TapeTensor:
        """``[N, C, *S', K]``, the elements of each window along the last axis."""
        axes = len(x.shape) - 2
        (output,) = self.infer((x.shape[1:],))
        kernel, stride = sizes("kernel", self.kernel, axes, 1), self._stride(axes)
        padding = tuple(
            (before, (count - 1) * s + k - n - before)
            for n, count, k, s, before in zip(x.shape[2:], output[1:], kernel, stride, self._padding(axes), strict=True)
        )
        windows = operations.pad(tape, x, padding)
        for axis, (k, s) in enumerate(zip(kernel, stride, strict=True), 2):
            windows = tape.unfold(windows, axis, k, s)
        return tape.reshape(windows, (*windows.shape[: 2 + axes], product(kernel)))
