"""What layers with a fixed kernel for each channel share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from netspec.autograd import Tape, Tensor, Tensors, operations
from netspec.layers.base import Formula, Layer, Shapes, Window, no_weights
from netspec.layers.conv import MODES, Conv, PaddingMode
from netspec.layers.ranks import SIGNAL_OR_IMAGE


class Depthwise(Layer):
    """A convolution of each channel by itself, with numbers that are the layer's own and no part of the state_dict."""

    computes_units: ClassVar = True
    ranks: ClassVar = SIGNAL_OR_IMAGE
    weights = no_weights

    padding_mode: PaddingMode = "zeros"

    def conv(self, inputs: Shapes) -> Conv:
        """The learned convolution of the same geometry."""
        raise NotImplementedError

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses what `conv` refuses."""
        return self.conv(self.ranked(inputs)).infer(inputs)

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        """Output elements times the kernel's numbers."""
        return self.conv(inputs).macs(inputs, outputs)

    def fan_in(self, inputs: Shapes) -> int | None:
        """The kernel's numbers."""
        return self.conv(inputs).fan_in(inputs)

    def explain(self, inputs: Shapes, outputs: Shapes) -> tuple[Formula, ...]:
        """As of the convolution; the kernel's numbers are no parameters."""
        found = self.conv(inputs).explain(inputs, outputs)
        return tuple(formula for formula in found if formula.name != "params")

    def receptive_field(self, inputs: Shapes) -> Window:
        """The kernel."""
        return self.conv(inputs).receptive_field(inputs)

    def record(self, tape: Tape, inputs: Tensors, weights: Mapping[str, Tensor]) -> Tensors:
        """The input is padded, if by nothing, and convolved with the layer's numbers."""
        (x,) = inputs
        conv = self.conv((x.shape[1:],))
        (output,) = conv.infer((x.shape[1:],))
        _, _, _, padding = conv.geometry((x.shape[1:],))
        x = operations.pad(tape, x, padding, MODES[self.padding_mode])
        numbers = tape.tensor(conv.weights((x.shape[1:],))["weight"].shape, kind="buffer")
        return (operations.convolution(tape, x, numbers, (tape.batch, *output)),)


def depthwise(inputs: Shapes, **geometry: Any) -> Conv:
    """A convolution of each channel by itself, without a bias."""
    channels = inputs[0][0]
    return Conv.model_construct(out=channels, groups=channels, bias=False, **geometry)
