"""Convolution over any number of spatial axes."""

from dataclasses import replace
from typing import ClassVar, Literal

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.layers.base import Example, Layer, Shapes, Weight, Window, channels, refuse_option, tensors
from netspec.layers.checks import at_least, divides, sizes, unset
from netspec.layers.connections import Table, check_table
from netspec.layers.conv_size import check_fits, short
from netspec.layers.padding import PadMode, check_pad_mode, is_pairs, pairs_per_axis
from netspec.layers.ranks import SPATIAL
from netspec.program import Call
from netspec.shape import Pairs, Shape, Size, conv_output, product, same_padding, times, window_extent

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

MODES: dict[PaddingMode, PadMode] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


class Conv(Layer):
    """Cross-correlation of the input with `out` learned kernels, as torch.nn.Conv1d, Conv2d or Conv3d.

    Input ``[C, *S]``, output ``[out, *S']`` with ``S' = floor((S + before + after - d(k - 1) - 1) / s) + 1`` per
    axis, and ``k^n C / groups`` multiply-accumulates per output element
    (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016).
    `padding` is a number for both sides, one per axis, a pair ``[before, after]`` per axis, ``same`` or ``valid``.

    `connections` lists for each output map the input maps that it sees; there are weights for these alone
    (LeCun et al., "Gradient-based learning applied to document recognition", 1998, table I). With `bias: unshared`
    each output element has a bias of its own (LeCun et al., "Backpropagation applied to handwritten zip code
    recognition", 1989).
    """

    op: ClassVar = "conv"
    arguments: ClassVar = (channels, "out")
    keywords: ClassVar = ("kernel", "stride", "padding", "dilation", "groups", "bias", "padding_mode")
    main: ClassVar = "out"
    ranks: ClassVar = SPATIAL.advising("a `linear` layer takes vectors; `reshape` makes an image of one")
    computes_units: ClassVar = True
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"out": 6, "kernel": 5, "padding": 2}, ((1, 28, 28),)),
        Example({"out": 8, "kernel": 3, "stride": 2, "groups": 4, "bias": False}, ((4, 9, 9),)),
        Example({"out": 4, "kernel": 3, "padding": "same", "dilation": 2}, ((2, 16),)),
        Example({"out": 4, "kernel": 3, "stride": 2, "padding": ((0, 1), (0, 1))}, ((3, 8, 8),)),
        Example({"out": 2, "kernel": 3, "padding": 3, "padding_mode": "circular"}, ((1, 3, 4),)),
        Example({"out": 4, "kernel": (1, 3, 3), "padding": (0, 1, 1), "padding_mode": "reflect"}, ((2, 4, 5, 6),)),
        Example({"out": 3, "kernel": 2, "connections": ((0, 1), (2,), (3, 0, 2))}, ((4, 5, 5),)),
        Example({"out": 2, "kernel": 3, "bias": "unshared", "groups": 2}, ((4, 7),)),
        Example(
            {"out": 2, "kernel": 3, "stride": 2, "padding": 1, "bias": "unshared", "connections": ((0, 1), (1, 2))},
            ((3, 4, 5),),
        ),
    )
    samples: ClassVar = {
        "out": (2, 4, 6),
        "groups": (1, 2),
        "padding": (0, 1, "same", ((1, 0),), ((0, 2), (1, 0))),
        "connections": (((0,), (0,)), ((0, 1), (1,)), ((0,), (1,), (2, 0), (3, 1)), ((0, 0), (1,)), ((), (0,))),
    }

    out: int
    kernel: Size
    stride: Size = 1
    padding: Size | Pairs | Literal["same", "valid"] = 0
    dilation: Size = 1
    groups: int = 1
    bias: bool | Literal["unshared"] = True
    padding_mode: PaddingMode = "zeros"
    connections: Table | None = None

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a kernel that its padded input does not hold."""
        size = self.ranked(inputs)[0][1:]
        axes = len(size)
        at_least("out", self.out, 1)
        kernel = sizes("kernel", self.kernel, axes, 1)
        stride = sizes("stride", self.stride, axes, 1)
        dilation = sizes("dilation", self.dilation, axes, 1)
        divides("groups", self.groups, inputs[0][0], "input channels")
        divides("groups", self.groups, self.out, "output channels")
        if not unset(self.connections):
            check_table(self.connections, self.out, inputs[0][0], self.groups)  # type: ignore[arg-type]
        padding = self._padding(axes, kernel, dilation)
        if self.padding == "same" and any(s != 1 for s in stride):
            half = tuple(same_padding(k, d)[1] for k, d in zip(kernel, dilation, strict=True))
            refuse_option(
                "padding",
                "`padding: same` needs stride 1",
                found=f"stride {times(stride)}",
                expected="stride 1",
                help=f"`padding: {short(half)}` centres the kernel at any stride",
            )
        if self.padding_mode != "zeros":
            check_pad_mode(MODES[self.padding_mode], size, padding, "padding")
        check_fits(size, kernel, stride, dilation, padding)
        return ((self.out, *self._positions(inputs)),)

    def _positions(self, inputs: Shapes) -> Shape:
        """Output size of each spatial axis."""
        kernel, stride, dilation, padding = self.geometry(inputs)
        return tuple(
            conv_output(n, k, s, before, after, d)
            for n, k, s, (before, after), d in zip(inputs[0][1:], kernel, stride, padding, dilation, strict=True)
        )

    def _padding(self, axes: int, kernel: Shape, dilation: Shape) -> Pairs:
        """Padding (before, after) for each axis."""
        if isinstance(self.padding, str):
            if self.padding == "same":
                return tuple(same_padding(k, d) for k, d in zip(kernel, dilation, strict=True))
            return ((0, 0),) * axes
        return pairs_per_axis("padding", self.padding, axes)

    def geometry(self, inputs: Shapes) -> tuple[Shape, Shape, Shape, Pairs]:
        """Kernel, stride, dilation and padding (before, after) for each spatial axis."""
        axes = len(inputs[0]) - 1
        kernel, dilation = sizes("kernel", self.kernel, axes, 1), sizes("dilation", self.dilation, axes, 1)
        return kernel, sizes("stride", self.stride, axes, 1), dilation, self._padding(axes, kernel, dilation)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [out, C / groups, *kernel]``, with a table one kernel per connection; ``bias [out]`` or S'."""
        kernel = sizes("kernel", self.kernel, len(inputs[0]) - 1, 1)
        weight = Weight((self.out, inputs[0][0] // self.groups, *kernel))
        if not unset(self.connections):
            weight = Weight((sum(self._maps_seen(inputs)), *kernel), fans=())
        bias = Weight((self.out, *self._bias_size(inputs)), fans=()) if self.bias else None
        return tensors(weight=weight, bias=bias)

    def _maps_seen(self, inputs: Shapes) -> tuple[int, ...]:
        """The number of input maps that each output map sees, or one number for all."""
        if unset(self.connections):
            return (inputs[0][0] // self.groups,)
        return tuple(len(row) for row in self.connections)  # type: ignore[union-attr]

    def _bias_size(self, inputs: Shapes) -> Shape:
        return self._positions(inputs) if self.bias == "unshared" else ()

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Positions of the output times the weights."""
        return product(outputs[0][1:]) * self.weights(inputs)["weight"].numel

    def fan_in(self, inputs: Shapes) -> int | None:
        """Weights of one kernel, and its bias; None where a table gives maps different ones."""
        kernel = sizes("kernel", self.kernel, len(inputs[0]) - 1, 1)
        first, *others = self._maps_seen(inputs)
        if any(maps != first for maps in others):
            return None
        return first * product(kernel) + (1 if self.bias else 0)

    def count_connections(self, inputs: Shapes, outputs: Shapes) -> int:
        """Multiply-accumulates, and a bias for each unit."""
        return self.macs(inputs, outputs) + (product(outputs[0]) if self.bias else 0)

    def bias_axis(self, inputs: Shapes) -> int | None:
        """The channels, unless each unit has a bias of its own."""
        return 0 if self.bias is True else None

    def matrix_axis(self, inputs: Shapes) -> int | None:
        """The channels of a 1x1 convolution that sees all of them everywhere; None for others."""
        kernel, stride, _, padding = self.geometry(inputs)
        dense = self.groups == 1 and unset(self.connections) and self.bias != "unshared"
        return 0 if dense and product((*kernel, *stride)) == 1 and not any(map(any, padding)) else None

    def receptive_field(self, inputs: Shapes) -> Window:
        """The dilated kernel."""
        kernel, stride, dilation, padding = self.geometry(inputs)
        extent = tuple(window_extent(k, d) for k, d in zip(kernel, dilation, strict=True))
        apart = self.groups != 1 or not unset(self.connections)
        own = apart and self.groups == self.out == inputs[0][0]
        channels: Literal["all", "own", "some"] = "own" if own else "some" if apart else "all"
        return Window(extent, stride, tuple(before for before, _ in padding), channels)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The convolution keeps its input, padded where torch pads it in an operation of its own."""
        (x,) = inputs
        shapes = (x.shape[1:],)
        shape = (tape.batch, self.out, *self._positions(shapes))
        own = self.bias == "unshared" or not unset(self.connections)
        x = self._padded(tape, x, own=own)
        kernels = weights["weight"]
        if not unset(self.connections):
            # The kernels are laid out in a dense tensor of every pair of maps.
            empty = tape.hold(tape.operation([], (self.out, x.shape[1], *kernels.shape[1:]), dtype=kernels.dtype))
            kernels = tape.operation([empty, kernels], empty.shape)
        bias = weights.get("bias")
        if not own:
            return (operations.convolution(tape, x, kernels, shape, bias),)
        y = operations.convolution(tape, x, kernels, shape)
        x, kernels, y = map(tape.hold, (x, kernels, y))
        return (y if bias is None else tape.pointwise(y, _per_map(bias, len(shape))),)

    def _padded(self, tape: Tape, x: TapeTensor, *, own: bool) -> TapeTensor:
        """The input as the convolution takes it: equal padding with zeros is the convolution's own work."""
        _, _, _, padding = self.geometry((x.shape[1:],))
        mode = MODES[self.padding_mode]
        if own:
            return operations.pad(tape, x, padding, mode) if any(map(any, padding)) else x
        if is_pairs(self.padding) or mode != "constant":
            return operations.pad(tape, x, padding, mode)
        uneven = tuple((0, after - before) for before, after in padding)
        return operations.pad(tape, x, uneven) if any(map(any, uneven)) else x

    def target_for(self, inputs: Shapes) -> str:
        """Torch's convolution, or netspec's own where torch lacks the padding, connections or biases."""
        if not unset(self.connections):
            return "netspec.nn.TableConv"
        if self.bias == "unshared":
            return "netspec.nn.UnsharedBiasConv"
        family = "netspec.nn.PaddedConv" if is_pairs(self.padding) else "torch.nn.Conv"
        return f"{family}{len(inputs[0]) - 1}d"

    def emit(self, inputs: Shapes) -> Call:
        """A call of `target`; the class for padding in pairs has no default for the padding."""
        if self.bias == "unshared" or not unset(self.connections):
            return self._emit_own(inputs)
        call = super().emit(inputs)
        pairs = is_pairs(self.padding)
        return replace(call, defaults={k: v for k, v in call.defaults.items() if not pairs or k != "padding"})

    def _emit_own(self, inputs: Shapes) -> Call:
        """A convolution with a connection table, or one with a bias for each unit."""
        kernel, _, _, padding = self.geometry(inputs)
        # torch counts from the last axis backwards.
        amounts = tuple(amount for pair in reversed(padding) for amount in pair)
        window = {
            "stride": self.stride,
            "padding": amounts if any(amount != 0 for amount in amounts) else (),
            "dilation": self.dilation,
            "padding_mode": MODES[self.padding_mode],
        }
        defaults = {"stride": 1, "padding": (), "dilation": 1, "padding_mode": "constant"}
        size = {"kernel_size": kernel, "bias_size": self._bias_size(inputs)}
        maps = (inputs[0][0], self.out)
        if unset(self.connections):
            grouped = {**size, **window, "groups": self.groups}
            return Call(self.target_for(inputs), maps, grouped, {**defaults, "groups": 1})
        bias = self.bias == "unshared" or self.bias
        wired = {"connections": self.connections, **size, **window, "bias": bias}
        return Call(self.target_for(inputs), maps, wired, {**defaults, "bias_size": (), "bias": True})


def _per_map(bias: TapeTensor, rank: int) -> TapeTensor:
    """A bias for each map, or for each unit, in the shape that is added to a batch of `rank` axes."""
    if len(bias.shape) > 1:
        return bias
    return bias.seen((bias.numel, *(1,) * (rank - 2)), (1,) * (rank - 1))
