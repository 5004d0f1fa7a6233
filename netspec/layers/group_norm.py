"""Normalisation over groups of channels."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Centring, Example, Layer, Shapes, Weight, channels, no_work, pointwise, tensors
from netspec.layers.checks import divides
from netspec.layers.ranks import CHANNELS


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
