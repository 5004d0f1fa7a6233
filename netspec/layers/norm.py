"""Normalisation over the last axes of one example.

In receptive fields a norm is the identity, as in the literature: statistics scale an element, but the result
still describes the element in its own place.
"""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Centring, Example, Layer, Shapes, Weight, no_work, pointwise, tensors
from netspec.layers.checks import axis_of
from netspec.shape import Shape, product


def _normalized_shape(layer: "_TrailingNorm", inputs: Shapes) -> int | Shape:
    """The normalised shape as torch takes it: a number for one axis."""
    shape = layer._normalized(inputs)
    return shape[0] if len(shape) == 1 else shape


class _TrailingNorm(Layer):
    """Normalises the axes from `axis` to the last."""

    arguments: ClassVar = (_normalized_shape,)
    macs = no_work
    receptive_field = pointwise

    axis: int = -1
    elementwise_affine: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        axis_of("axis", self.axis, inputs[0])
        return inputs

    def _normalized(self, inputs: Shapes) -> Shape:
        return inputs[0][axis_of("axis", self.axis, inputs[0]) :]


class LayerNorm(_TrailingNorm):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over the axes from `axis` to the last, as torch.nn.LayerNorm.

    Input and output of any shape; the weights have the normalised axes' shape (Ba, Kiros and Hinton, "Layer
    normalization", 2016). `axis: 0` normalises the whole example.
    """

    op: ClassVar = "layer_norm"
    target: ClassVar = "torch.nn.LayerNorm"
    keywords: ClassVar = ("eps", "elementwise_affine", "bias")
    examples: ClassVar = (
        Example({}, ((5, 16),)),
        Example({"axis": 0}, ((3, 4, 4),)),
        Example({"axis": -2, "elementwise_affine": False}, ((3, 4, 4),)),
        Example({"bias": False, "eps": 1e-6}, ((16,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "eps": (1e-5, 1e-6)}

    eps: float = 1e-5
    bias: bool = True

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight`` and ``bias`` of the normalised shape."""
        weight = Weight(self._normalized(inputs), fans=()) if self.elementwise_affine else None
        return tensors(weight=weight, bias=weight if self.bias else None)

    def centring(self, inputs: Shapes) -> Centring:
        """The mean of the normalised axes."""
        rank = len(inputs[0])
        return Centring(tuple(range(axis_of("axis", self.axis, inputs[0]), rank)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, and a mean and a deviation of each vector."""
        x = tape.full(inputs[0])
        rows = x.numel // product(self._normalized((x.shape[1:],)))
        return (operations.normalised(tape, x, weights, rows),)


class RmsNorm(_TrailingNorm):
    """``x / sqrt(mean(x^2) + eps) * weight`` over the axes from `axis` to the last, as torch.nn.RMSNorm.

    Input and output of any shape (Zhang and Sennrich, "Root mean square layer normalization", 2019). A null `eps` is
    the element type's machine epsilon.
    """

    op: ClassVar = "rms_norm"
    target: ClassVar = "torch.nn.RMSNorm"
    keywords: ClassVar = ("eps", "elementwise_affine")
    examples: ClassVar = (
        Example({}, ((5, 16),)),
        Example({"axis": 0, "eps": 1e-6}, ((3, 4, 4),)),
        Example({"elementwise_affine": False}, ((16,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "eps": (1e-5, 1e-6)}

    eps: float | None = None

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight`` of the normalised shape."""
        return {"weight": Weight(self._normalized(inputs), fans=())} if self.elementwise_affine else {}

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Square, root and products keep their inputs; on CUDA the whole norm is one kernel."""
        x = tape.full(inputs[0])
        axes = tuple(range(len(x.shape)))[1 + axis_of("axis", self.axis, x.shape[1:]) :]
        if tape.device == "cuda":
            deviations = tape.tensor((x.numel // product([x.shape[a] for a in axes]),), "float32")
            every = (x, *weights.values())
            return (tape.operation(every, x.shape, keeps=every, extra=(deviations,)),)
        given, x = x.dtype, tape.cast(x, "float32")
        squares = operations.reduced(tape, tape.pointwise(x, keeps=(x,)), axes, keepdim=True)
        roots = tape.pointwise(squares, keeps_output=True)
        y = tape.product(x, roots)
        y = tape.cast(tape.product(y, weights["weight"]) if weights else y, given)
        # In the end the elements are put in order, or the channels stay last where they were.
        strides = tape.image_strides(x, x.shape)
        return (y if y.strides == strides else tape.operation([y], y.shape, strides=strides),)
