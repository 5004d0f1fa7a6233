"""The affine map."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Example, Layer, Shapes, Weight, features, tensors
from netspec.layers.checks import at_least
from netspec.layers.ranks import FEATURES
from netspec.layers.reach import whole_vector
from netspec.shape import product


class Linear(Layer):
    """``y = x A^T + b`` over the last axis, as torch.nn.Linear.

    Input ``[*, F]``, output ``[*, out]``; ``F out`` multiply-accumulates for every vector. Other axes are kept:
    a network that means one vector flattens first.
    """

    op: ClassVar = "linear"
    target: ClassVar = "torch.nn.Linear"
    arguments: ClassVar = (features, "out")
    main: ClassVar = "out"
    ranks: ClassVar = FEATURES
    computes_units: ClassVar = True
    weight_layer: ClassVar = True
    papers: ClassVar = "FC"
    examples: ClassVar = (
        Example({"out": 10}, ((84,),)),
        Example({"out": 8, "bias": False}, ((5, 16),)),
        Example({"out": 2}, ((3, 4, 5),)),
    )
    receptive_field = whole_vector

    out: int
    bias: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an input without axes."""
        at_least("out", self.out, 1)
        return ((*self.ranked(inputs)[0][:-1], self.out),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [out, F]`` and ``bias [out]``."""
        return tensors(weight=(self.out, inputs[0][-1]), bias=(self.out,) if self.bias else None)

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Output elements times the features."""
        return product(outputs[0]) * inputs[0][-1]

    def fan_in(self, inputs: Shapes) -> int:
        """The features, and the bias."""
        return inputs[0][-1] + (1 if self.bias else 0)

    def bias_axis(self, inputs: Shapes) -> int | None:
        """The last."""
        return len(inputs[0]) - 1 if self.bias else None

    def matrix_axis(self, inputs: Shapes) -> int:
        """The last."""
        return len(inputs[0]) - 1

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A product of matrices, which keeps its input where the weights learn."""
        return (operations.linear(tape, inputs[0], weights["weight"], weights.get("bias")),)
