"""Pooling with a window that moves."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Bounds, Example, Shapes, refuse_option
from netspec.layers.checks import nonzero, sizes, unset
from netspec.layers.pool_window import PaddedPool, WindowPool
from netspec.layers.remembers import result_shape
from netspec.layers.traits import ANYTHING, NEVER_NEGATIVE, as_input, hull, same_sign
from netspec.program import Call
from netspec.shape import Shape, Size, times


class MaxPool(PaddedPool):
    """Maximum over a window, as torch.nn.MaxPool1d, MaxPool2d or MaxPool3d.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S + 2p - d(k - 1) - 1) / s) + 1`` per axis, rounded up
    with `ceil_mode` unless the last window would start in the padding after the input. `stride` is the kernel's
    size unless given.
    """

    op: ClassVar = "max_pool"
    whole: ClassVar = "global_max_pool"
    examples: ClassVar = (
        Example({"kernel": 2}, ((6, 28, 28),)),
        Example({"kernel": 3, "stride": 2, "padding": 1}, ((4, 7, 7),)),
        Example({"kernel": 3, "stride": 2, "ceil_mode": True, "dilation": 2}, ((4, 12),)),
        Example({"kernel": 3, "stride": 2, "ceil_mode": True}, ((2, 5, 6),)),
        Example({"kernel": 2, "padding": 1, "ceil_mode": True}, ((2, 3, 4),)),
        Example({"kernel": (1, 2, 2)}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"kernel": (2, 3), "padding": (0, 1)}
    target: ClassVar = "torch.nn.MaxPool{}d"
    keywords: ClassVar = ("stride", "padding", "dilation", "ceil_mode")
    bounds = as_input

    dilation: Size = 1

    def _dilation(self, axes: int) -> Shape:
        return sizes("dilation", self.dilation, axes, 1)

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses padding by which a window may step over the whole input: torch's gradient then leaves the memory."""
        found = super().infer(inputs)
        size = inputs[0][1:]
        for n, p, d in zip(size, self._padding(len(size)), self._dilation(len(size)), strict=True):
            if p > 0 and d > n:
                refuse_option(
                    "dilation",
                    f"a window may lie in the padding alone: its elements are {d} apart, the input has {n}",
                    found=f"dilation {d}, padding {p} on {times(size)}",
                    expected=f"a dilation of at most {n}, or no padding",
                )
        return found

    def unchanged(self, inputs: Shapes) -> Bounds | None:
        """Everything, where windows are of one element."""
        return self.whole_if_one(inputs)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input and the places of the maxima; along one axis not the places, where nothing learns."""
        (x,) = inputs
        shape = result_shape(self, tape, x)
        if len(x.shape) == 3 and tape.device == "cpu" and not x.needs_grad:
            return (tape.operation([x], shape),)
        if len(x.shape) < 5:
            return (operations.pool(tape, x, shape, keeps=True, indices=True),)
        if tape.device == "cpu":
            x = tape.float32(x)
        # Of the pools over volumes, this one alone leaves the channels last where they are.
        return (operations.windows(tape, x, shape, keeps=(x,), extra=(tape.tensor(shape, "int64"),)),)


class AvgPool(PaddedPool):
    """Mean over a window, as torch.nn.AvgPool1d, AvgPool2d or AvgPool3d.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S + 2p - k) / s) + 1`` per axis, rounded up with
    `ceil_mode` as in `max_pool`. The padding counts as zeros unless `count_include_pad` is false; `divisor_override`
    replaces the window's size.
    """

    op: ClassVar = "avg_pool"
    whole: ClassVar = "global_avg_pool"
    target: ClassVar = "torch.nn.AvgPool{}d"
    keywords: ClassVar = ("stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
    bare: ClassVar = True
    examples: ClassVar = (
        Example({"kernel": 2}, ((6, 28, 28),)),
        Example({"kernel": 3, "stride": 2, "padding": 1, "count_include_pad": False}, ((4, 7, 7),)),
        Example({"kernel": 2, "ceil_mode": True}, ((4, 7),)),
        Example({"kernel": 2, "padding": 1, "ceil_mode": True}, ((2, 3, 4),)),
        Example({"kernel": 2, "divisor_override": 3}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"kernel": (2, 3), "padding": (0, 1)}

    count_include_pad: bool = True
    divisor_override: int | None = None

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a divisor of 0, and any on one spatial axis, where torch has none."""
        found = super().infer(inputs)
        if not unset(self.divisor_override):
            if len(inputs[0]) == 2:
                refuse_option(
                    "divisor_override",
                    "`divisor_override` needs two or three spatial axes: torch.nn.AvgPool1d has none",
                    found="one spatial axis",
                    expected="no `divisor_override`",
                )
            nonzero("divisor_override", self.divisor_override, ", by which it divides")
        return found

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """A mean's bounds, with the padding's zeros; with another divisor than the window's size, the sign at most."""
        if unset(self.divisor_override):
            return hull((*given, (0.0, 0.0))) if self.count_include_pad else given[0]
        return same_sign(given[0]) if self.divisor_override > 0 else ANYTHING  # type: ignore[operator]

    def unchanged(self, inputs: Shapes) -> Bounds | None:
        """Everything, where windows are of one element."""
        return self.whole_if_one(inputs) if unset(self.divisor_override) else None

    def emit(self, inputs: Shapes) -> Call:
        """The module; on one axis without the divisor, which torch lacks there and `infer` refuses."""
        given = self.keywords if len(inputs[0]) > 2 or not unset(self.divisor_override) else self.keywords[:-1]
        return Call(self.target_for(inputs), (self.kernel,), *self.given_by_keyword(*given))


def _kernel_number(layer: "LpPool", inputs: Shapes) -> Size:
    """The kernel's size; a number on one axis, since LPPool1d multiplies with it."""
    alone = len(inputs[0]) == 2 and not isinstance(layer.kernel, int) and len(layer.kernel) == 1
    return layer.kernel[0] if alone else layer.kernel  # type: ignore[index]


class LpPool(WindowPool):
    """``(sum x^p)^(1/p)`` over a window, as torch.nn.LPPool1d, LPPool2d or LPPool3d; `norm_type` is p.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S - k) / s) + 1`` per axis, rounded up with `ceil_mode`.
    """

    op: ClassVar = "lp_pool"
    target: ClassVar = "torch.nn.LPPool{}d"
    arguments: ClassVar = ("norm_type", _kernel_number)
    keywords: ClassVar = ("stride", "ceil_mode")
    bare: ClassVar = True
    examples: ClassVar = (
        Example({"kernel": 2}, ((6, 8, 8),)),
        Example({"kernel": 3, "norm_type": 1.5, "stride": 2, "ceil_mode": True}, ((4, 8),)),
    )
    samples: ClassVar = {"kernel": (2, 3)}

    norm_type: float = 2.0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses the power 0."""
        found = super().infer(inputs)
        nonzero("norm_type", self.norm_type, ": its root is taken")
        return found

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Bounds of at least 0 where the input is never below 0."""
        return NEVER_NEGATIVE if self.norm_type > 0 and given[0][0] >= 0 else ANYTHING

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A power, a mean, its sign times its size, and a root; each keeps its input."""
        (x,) = inputs
        powers = tape.pointwise(x, keeps=(x,))
        mean = tape.hold(operations.pool(tape, powers, result_shape(self, tape, x), keeps=True))
        sign = tape.pointwise(mean)
        size = tape.pointwise(tape.pointwise(mean, keeps=(mean,)), keeps_output=True)
        total = tape.pointwise(tape.product(sign, size))
        return (tape.pointwise(total, keeps=(total,)),)
