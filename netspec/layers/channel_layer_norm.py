"""Layer normalisation of images."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Centring, Example, Layer, Shapes, Weight, channels, no_work, pointwise, tensors
from netspec.layers.ranks import CHANNELS


class ChannelLayerNorm(Layer):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the channels, at each position for itself.

    Input and output ``[C, *S]``; one weight and bias per channel. It is `layer_norm` where the channels come first, as
    ConvNeXt has it between its stages (Liu et al., "A ConvNet for the 2020s", 2022); torchvision calls it LayerNorm2d.
    """

    op: ClassVar = "channel_layer_norm"
    target: ClassVar = "netspec.nn.ChannelLayerNorm"
    arguments: ClassVar = (channels,)
    ranks: ClassVar = CHANNELS
    examples: ClassVar = (
        Example({}, ((6, 4, 4),)),
        Example({"eps": 1e-6, "bias": False}, ((5, 7),)),
        Example({"elementwise_affine": False}, ((16,),)),
    )
    samples: ClassVar = {"eps": (1e-5, 1e-6)}
    macs = no_work
    receptive_field = pointwise

    eps: float = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]`` and ``bias [C]``."""
        weight = (inputs[0][0],) if self.elementwise_affine else None
        return tensors(weight=weight, bias=weight if self.bias else None)

    def centring(self, inputs: Shapes) -> Centring:
        """The mean of the channels at each position."""
        return Centring((0,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Layer normalisation between two views."""
        x = tape.full(inputs[0])
        last = tape.permute(x, (0, *range(2, len(x.shape)), 1))
        y = operations.normalised(tape, last, weights, x.numel // x.shape[1])
        return (tape.permute(y, (0, len(x.shape) - 1, *range(1, len(x.shape) - 1))),)
