"""The base of layers with a fixed kernel for each channel."""

from typing import Any, ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Layer, Shapes, Window, no_weights
from netspec.layers.conv import MODES, Conv, PaddingMode
from netspec.layers.ranks import SIGNAL_OR_IMAGE


class ConvShaped(Layer):
    """A layer over the windows of a convolution, whose shapes and reach are those of the convolution."""

    computes_units: ClassVar = True

    def conv(self, inputs: Shapes) -> Conv:
        """The convolution of the same geometry."""
        raise NotImplementedError

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses what `conv` refuses."""
        return self.conv(self.ranked(inputs)).infer(inputs)

    def fan_in(self, inputs: Shapes) -> int | None:
        """The kernel's numbers, and the bias where there is one."""
        return self.conv(inputs).fan_in(inputs)

    def receptive_field(self, inputs: Shapes) -> Window:
        """The dilated kernel."""
        return self.conv(inputs).receptive_field(inputs)


class Depthwise(ConvShaped):
    """A convolution of each channel by itself, with numbers that belong to the layer and not to the state_dict."""

    ranks: ClassVar = SIGNAL_OR_IMAGE
    weights = no_weights

    padding_mode: PaddingMode = "zeros"

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        """Output elements times the kernel's numbers."""
        return self.conv(inputs).macs(inputs, outputs)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The input is padded, even by nothing, and convolved with the layer's numbers."""
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
