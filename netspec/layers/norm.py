"""Normalisation over parts of one example: its last axes, its channels, groups of channels.

In receptive fields a norm is the identity, as in the literature: statistics scale an element, but the result
still describes the element in its own place.
"""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Centring, Example, Layer, Shapes, Weight, channels, no_work, pointwise, tensors
from netspec.layers.checks import axis_of, divides
from netspec.layers.ranks import CHANNELS
from netspec.layers.reach import unfollowed
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

    def followed(self, inputs: Shapes, axis: int) -> int | None:
        """An axis that is not normalised."""
        return axis if axis < axis_of("axis", self.axis, inputs[0]) else None

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

    def followed(self, inputs: Shapes, axis: int) -> int | None:
        """All axes but the channels."""
        return axis if axis > 0 else None

    def centring(self, inputs: Shapes) -> Centring:
        """The mean of the channels at each position."""
        return Centring((0,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Layer normalisation between two views."""
        x = tape.full(inputs[0])
        last = tape.permute(x, (0, *range(2, len(x.shape)), 1))
        y = operations.normalised(tape, last, weights, x.numel // x.shape[1])
        return (tape.permute(y, (0, len(x.shape) - 1, *range(1, len(x.shape) - 1))),)


class GroupNorm(Layer):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` over each of `groups` groups of channels, as torch.nn.GroupNorm.

    Input and output ``[C, *S]``; one weight and bias per channel (Wu and He, "Group normalization", 2018).
    """

    op: ClassVar = "group_norm"
    target: ClassVar = "torch.nn.GroupNorm"
    arguments: ClassVar = ("groups", channels)
    main: ClassVar = "groups"
    ranks: ClassVar = CHANNELS
    examples: ClassVar = (
        Example({"groups": 2}, ((6, 8, 8),)),
        Example({"groups": 1, "affine": False}, ((5, 7),)),
        Example({"groups": 4, "eps": 0.001}, ((8,),)),
    )
    samples: ClassVar = {"groups": (1, 2), "eps": (1e-5, 0.001)}
    macs = no_work
    receptive_field = pointwise
    followed = unfollowed

    groups: int
    eps: float = 1e-5
    affine: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses groups that do not divide the channels."""
        divides("groups", self.groups, self.ranked(inputs)[0][0], "channels")
        return inputs

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]`` and ``bias [C]``."""
        weight = (inputs[0][0],) if self.affine else None
        return tensors(weight=weight, bias=weight)

    def centring(self, inputs: Shapes) -> Centring:
        """The mean of each group, which is a channel's own where there are as many groups as channels."""
        first = 1 if self.groups == inputs[0][0] else 0
        return Centring(tuple(range(first, len(inputs[0]))))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, and a mean and a deviation of each group of each example."""
        x = tape.full(inputs[0])
        strides = tape.image_strides(x, x.shape)
        return (operations.normalised(tape, x, weights, tape.batch * self.groups, strides=strides),)
