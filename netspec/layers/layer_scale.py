"""Learned scales."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Example, Layer, Shapes, Weight, no_work, pointwise
from netspec.layers.checks import axis_of
from netspec.program import Parameter
from netspec.shape import Shape


class LayerScale(Layer):
    """``weight * x``, one learned weight for each place along `axis`, all of them `value` at first.

    Input and output of any shape; the weights have the size of that axis and a 1 for each axis after it, ``[C, 1, 1]``
    for the channels of an image and ``[E]`` for the features of a sequence (``axis: -1``). They stand under the
    entry's own path, as a `parameter` does. Near the end of a residual's body, small first values let deep networks
    begin as shallow ones (Touvron et al., "Going deeper with image transformers", 2021).
    """

    op: ClassVar = "layer_scale"
    main: ClassVar = "value"
    examples: ClassVar = (
        Example({}, ((6, 4, 4),)),
        Example({"value": 0.1, "axis": -1}, ((5, 16),)),
        Example({"value": 1.0}, ((10,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1)}
    macs = no_work
    receptive_field = pointwise

    value: float = 1e-6
    axis: int = 0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        axis_of("axis", self.axis, inputs[0])
        return inputs

    def _shape(self, inputs: Shapes) -> Shape:
        axis = axis_of("axis", self.axis, inputs[0])
        return (inputs[0][axis], *(1 for _ in inputs[0][axis + 1 :]))

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """The tensor itself, which has no name below its path."""
        return {"": Weight(self._shape(inputs), fans=())}

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A product, which keeps its input where the weights learn."""
        return (tape.product(weights[""], inputs[0]),)

    def emit(self, inputs: Shapes) -> Parameter:
        """The expression for its first values, and how it meets the input."""
        return Parameter("torch.full", (self._shape(inputs), self.value), sign="*")

    def type_name(self, inputs: Shapes) -> str:
        """The layer's common name; torch has no class for it."""
        return "LayerScale"
