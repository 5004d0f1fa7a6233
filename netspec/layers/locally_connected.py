"""Convolution without weight sharing."""

from typing import ClassVar, Literal

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Example, Shapes, Weight
from netspec.layers.conv import MODES, Conv, PaddingMode
from netspec.layers.depthwise import ConvShaped
from netspec.program import Call
from netspec.shape import Pairs, Size, product


class LocallyConnected(ConvShaped):
    """Convolution without weight sharing: every unit has its own kernel and its own bias.

    Input ``[C, *S]``, output ``[out, *S']`` as of `conv`, whose options these are. ``weight [units, C / groups, *k]``
    has a kernel for each of the ``out S'`` units, in the order of the output's elements; ``bias [out, *S']``. So there
    are as many parameters as connections (LeCun, "Generalization and network design strategies", 1989; Taigman et al.,
    "DeepFace", 2014).
    """

    op: ClassVar = "locally_connected"
    target: ClassVar = "netspec.nn.LocallyConnected"
    main: ClassVar = "out"
    ranks: ClassVar = Conv.ranks
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"out": 2, "kernel": 3, "stride": 2, "padding": 1}, ((1, 8, 8),)),
        Example({"out": 4, "kernel": 3, "groups": 2, "bias": False}, ((2, 7),)),
        Example({"out": 2, "kernel": (3, 2), "dilation": (1, 2), "padding": ((1, 0), (0, 2))}, ((3, 6, 7),)),
        Example({"out": 2, "kernel": 3, "padding": "same", "padding_mode": "reflect"}, ((2, 4, 4),)),
        Example({"out": 1, "kernel": 2}, ((2, 2, 3, 3),)),
    )
    samples: ClassVar = {"out": (2, 4, 6), "groups": (1, 2), "padding": (0, 1, "same", ((1, 0),), ((0, 2), (1, 0)))}

    out: int
    kernel: Size
    stride: Size = 1
    padding: Size | Pairs | Literal["same", "valid"] = 0
    dilation: Size = 1
    groups: int = 1
    bias: bool = True
    padding_mode: PaddingMode = "zeros"

    def conv(self, inputs: Shapes) -> Conv:
        """The convolution of the same geometry."""
        return Conv.model_construct(**{name: getattr(self, name) for name in type(self).model_fields})

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [units, C / groups, *kernel]`` and ``bias [out, *S']``."""
        (output,) = self.infer(inputs)
        kernel = self.conv(inputs).weights(inputs)["weight"].shape[1:]
        found = {"weight": Weight((product(output), *kernel), fans=("fan_in",))}  # the first axis counts units
        if self.bias:
            found["bias"] = Weight(output, fans=())
        return found

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Every weight is used once."""
        return self.weights(inputs)["weight"].numel

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A product of matrices at each place, which keeps the windows and the kernels, copied where necessary."""
        (x,) = inputs
        shapes = (x.shape[1:],)
        kernel, stride, dilation, padding = self.conv(shapes).geometry(shapes)
        (output,) = self.infer((x.shape[1:],))
        batch, groups, maps = x.shape[0], self.groups, self.out // self.groups
        places, seen = product(output[1:]), (x.shape[1] // groups) * product(kernel)
        windows = operations.pad(tape, x, padding, MODES[self.padding_mode])
        for axis, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True), 2):
            windows = tape.unfold(windows, axis, k, s, d)
        windows = tape.reshape(windows, (*x.shape[:2], *output[1:], product(kernel)))
        windows = tape.reshape(windows, (*x.shape[:2], places, product(kernel)))
        windows = tape.reshape(windows, (batch, groups, x.shape[1] // groups, places, product(kernel)))
        kernels = tape.reshape(weights["weight"], (groups, maps, places, seen))
        if seen == 1:  # nothing to add up
            y = tape.product(tape.select(windows, 4), tape.unsqueeze(tape.select(kernels, 3), 0))
        else:
            windows = tape.reshape(tape.permute(windows, (1, 3, 0, 2, 4)), (groups * places, batch, seen))
            kernels = tape.reshape(tape.permute(kernels, (0, 2, 3, 1)), (groups * places, seen, maps))
            y = operations.matrix_product(tape, windows, kernels)
            y = tape.permute(tape.reshape(y, (groups, places, batch, maps)), (2, 0, 3, 1))
        y = tape.reshape(y, (batch, *output))
        return (tape.pointwise(y, weights["bias"]) if self.bias else y,)

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch has none."""
        _, _, _, pairs = self.conv(inputs).geometry(inputs)
        args = (inputs[0][0], self.out, inputs[0][1:])
        options, defaults = self.given_by_keyword(*[name for name in type(self).model_fields if name != "out"])
        if not isinstance(self.padding, int):
            options["padding"] = pairs
        return Call(self.target, args, options, defaults)
