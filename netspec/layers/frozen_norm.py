"""Batch normalisation that does not learn."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Example, Layer, Shapes, Weight, channels, no_work, pointwise
from netspec.layers.ranks import CHANNELS


class FrozenBatchNorm(Layer):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` per channel, all four given and kept, in both modes alike.

    Input and output ``[C, *S]``. What `batch_norm` learns are buffers here, so that nothing of it trains and its
    statistics do not follow small batches: torchvision's detectors with trained weights have them
    (torchvision.ops.FrozenBatchNorm2d). The weights of a `batch_norm` load into it; its counter of batches is left out.
    """

    op: ClassVar = "frozen_batch_norm"
    target: ClassVar = "netspec.nn.FrozenBatchNorm"
    arguments: ClassVar = (channels,)
    ranks: ClassVar = CHANNELS
    examples: ClassVar = (
        Example({}, ((6, 8, 8),)),
        Example({"eps": 0.001}, ((10,),)),
        Example({}, ((4, 7),)),
    )
    samples: ClassVar = {"eps": (1e-5, 0.001)}
    macs = no_work
    receptive_field = pointwise

    eps: float = 1e-5

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]``, ``bias [C]``, ``running_mean [C]`` and ``running_var [C]``, all of them buffers."""
        each = Weight((inputs[0][0],), buffer=True)
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), each)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A product and a sum with numbers of each channel: nothing of the input is kept."""
        (x,) = inputs
        shape = (1, x.shape[1], *(1 for _ in x.shape[2:]))
        own = {name: tape.reshape(each, shape) for name, each in weights.items()}
        deviations = tape.pointwise(tape.pointwise(own["running_var"]))
        scale = tape.hold(tape.product(own["weight"], deviations))
        scaled = tape.product(x, scale)
        shift = tape.pointwise(own["bias"], tape.pointwise(own["running_mean"], scale))
        return (tape.pointwise(scaled, shift),)
