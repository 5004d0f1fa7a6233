"""Transposed convolution over any number of spatial axes."""

from math import gcd
from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.diagnostics.facts import OutOfRange
from netspec.layers.base import Example, Layer, Shapes, Weight, channels, refuse, refuse_option, tensors
from netspec.layers.checks import AXIS_NAMES, at_least, divides, sizes
from netspec.layers.ranks import SPATIAL
from netspec.layers.reach import LONGEST_PERIOD, Along, Reach, Span
from netspec.layers.remembers import result_shape
from netspec.shape import Shape, Size, conv_transpose_output, product


class ConvTranspose(Layer):
    """Transposed convolution, as torch.nn.ConvTranspose1d, ConvTranspose2d or ConvTranspose3d.

    Input ``[C, *S]``, output ``[out, *S']`` with ``S' = (S - 1) s - 2p + d(k - 1) + output_padding + 1`` per axis
    (Dumoulin and Visin, relationship 14). Every input element is multiplied with ``k^n out / groups`` weights; that
    is what torch counts, and what padding then cuts away is counted too.
    """

    op: ClassVar = "conv_transpose"
    target: ClassVar = "torch.nn.ConvTranspose{}d"
    arguments: ClassVar = (channels, "out")
    main: ClassVar = "out"
    ranks: ClassVar = SPATIAL.advising("a `linear` layer takes vectors; `reshape` makes an image of one")
    computes_units: ClassVar = True
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"out": 6, "kernel": 4, "stride": 2, "padding": 1}, ((8, 7, 7),)),
        Example({"out": 4, "kernel": 3, "stride": 2, "output_padding": 1, "groups": 2}, ((4, 5),)),
        Example({"out": 2, "kernel": 3, "dilation": 2, "output_padding": 1}, ((2, 4, 4),)),
        Example({"out": 2, "kernel": (1, 2, 2), "stride": (1, 2, 2), "bias": False}, ((3, 2, 3, 3),)),
    )
    samples: ClassVar = {"out": (2, 4, 6), "groups": (1, 2)}

    out: int
    kernel: Size
    stride: Size = 1
    padding: Size = 0
    output_padding: Size = 0
    groups: int = 1
    bias: bool = True
    dilation: Size = 1

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an output padding that is below neither the stride nor the dilation, and an empty output."""
        size = self.ranked(inputs)[0][1:]
        axes = len(size)
        at_least("out", self.out, 1)
        kernel, stride, padding, dilation, extra = self._geometry(inputs)
        divides("groups", self.groups, inputs[0][0], "input channels")
        divides("groups", self.groups, self.out, "output channels")
        for e, s, d in zip(extra, stride, dilation, strict=True):
            if e >= s and e >= d:
                refuse_option(
                    "output_padding",
                    "`output_padding` must be smaller than the stride or the dilation",
                    found=f"{e} with stride {s} and dilation {d}",
                    fact=OutOfRange("output_padding", most=max(s, d) - 1),
                    help="it chooses among the sizes that a strided convolution maps to one; `pad` adds more",
                )
        found = tuple(
            conv_transpose_output(n, k, s, p, e, d)
            for n, k, s, p, e, d in zip(size, kernel, stride, padding, extra, dilation, strict=True)
        )
        for axis, (n, whole) in enumerate(zip(found, padding, strict=True)):
            if n < 1:
                refuse(
                    Code.EMPTY_OUTPUT,
                    f"the padding cuts the whole {AXIS_NAMES[axes][axis]} away",
                    option="padding",
                    found=f"a size of {n}",
                    expected="at least 1",
                    help=f"`padding: {(n + 2 * whole - 1) // 2}` leaves {n + 2 * whole - (n + 2 * whole - 1) // 2 * 2}",
                )
        return ((self.out, *found),)

    def _geometry(self, inputs: Shapes) -> tuple[Shape, Shape, Shape, Shape, Shape]:
        """Kernel, stride, padding, dilation and output padding for each spatial axis."""
        axes = len(inputs[0]) - 1
        kernel, stride = sizes("kernel", self.kernel, axes, 1), sizes("stride", self.stride, axes, 1)
        padding, dilation = sizes("padding", self.padding, axes, 0), sizes("dilation", self.dilation, axes, 1)
        return kernel, stride, padding, dilation, sizes("output_padding", self.output_padding, axes, 0)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C, out / groups, *kernel]`` and ``bias [out]``."""
        kernel = sizes("kernel", self.kernel, len(inputs[0]) - 1, 1)
        weight = (inputs[0][0], self.out // self.groups, *kernel)
        return tensors(weight=weight, bias=(self.out,) if self.bias else None)

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Input elements times the weights that each one meets."""
        return product(inputs[0]) * product(self.weights(inputs)["weight"].shape[1:])

    def fan_in(self, inputs: Shapes) -> int | None:
        """Weights that meet in one output element, and its bias; unknown where that differs between elements."""
        kernel, stride, _, dilation, _ = self._geometry(inputs)
        if any(s != 1 and (d != 1 or k % s != 0) for k, s, d in zip(kernel, stride, dilation, strict=True)):
            return None
        per_axis = tuple(k // s for k, s in zip(kernel, stride, strict=True))
        return product(per_axis) * (inputs[0][0] // self.groups) + (1 if self.bias else 0)

    def bias_axis(self, inputs: Shapes) -> int | None:
        """The channels."""
        return 0 if self.bias else None

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """Output element `o` sees the inputs `i` for which ``o + p - s i`` is one of the kernel's places."""
        kernel, stride, padding, dilation, _ = self._geometry(inputs)
        if max(stride) > LONGEST_PERIOD:
            return None
        each = zip(kernel, stride, padding, dilation, strict=True)
        moving = tuple(Along(axis, 1, _phases(*geometry)) for axis, geometry in enumerate(each, 1))
        return Reach((None, *moving), () if self.groups == 1 else (0,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The operations of a convolution."""
        (x,) = inputs
        shape = result_shape(self, tape, x)
        return (operations.convolution(tape, x, weights["weight"], shape, weights.get("bias")),)


def _phases(kernel: int, stride: int, padding: int, dilation: int) -> tuple[Span | None, ...]:
    """The input elements that the first `stride` output elements see along one axis; the next see one further.

    A place ``o + p - d k`` of the kernel meets an input element where the stride divides it. This holds for every
    ``stride / gcd(stride, d)``-th place of the kernel, or for none.
    """
    common = gcd(stride, dilation)
    every = stride // common
    inverse = pow(dilation // common, -1, every) if every > 1 else 0
    found: list[Span | None] = []
    for output in range(stride):
        place = output + padding
        first = place // common * inverse % every
        if place % common != 0 or first >= kernel:
            found.append(None)
            continue
        last = first + (kernel - 1 - first) // every * every
        found.append(((place - dilation * last) // stride, (place - dilation * first) // stride))
    return tuple(found)
