"""Vectors of one length."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Example, Shapes, Weightless
from netspec.layers.checks import axis_of
from netspec.layers.reach import Reach, kept
from netspec.layers.traits import always
from netspec.program import Function
from netspec.shape import batched


class Normalize(Weightless):
    """``x / max(||x||, eps)``, vectors of Euclidean length 1 along `axis` (torch.nn.functional.normalize).

    Input and output of any shape; `axis` is 0, the channels, unless told. SSD gives such maps one learned length
    (Liu, Rabinovich and Berg, "ParseNet", 2015), and the products of two such vectors are their cosine.
    """

    op: ClassVar = "normalize"
    main: ClassVar = "axis"
    examples: ClassVar = (
        Example({}, ((6, 4, 4),)),
        Example({"axis": -1, "eps": 1e-6}, ((5, 16),)),
        Example({}, ((10,),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "eps": (1e-12, 1e-6)}
    bounds = always((-1.0, 1.0))

    axis: int = Field(0, description="The axis along which the squares are summed, counted in the shape as written.")
    eps: float = Field(1e-12, description="The least length that divides.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        axis_of("axis", self.axis, inputs[0])
        return inputs

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The whole of its axis, one position of the others."""
        return kept(len(inputs[0]), (axis_of("axis", self.axis, inputs[0]),))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, the lengths, and those that divide."""
        (x,) = inputs
        axis = axis_of("axis", self.axis, x.shape[1:]) + 1
        lengths = operations.reduced(tape, tape.full(x), (axis,), keepdim=True, keeps_both=True)
        divisors = tape.pointwise(lengths, keeps=(lengths,))
        return (tape.pointwise(x, divisors, keeps=(x, divisors)),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        kwargs = {"dim": batched(self.axis), "eps": self.eps}
        return Function("torch.nn.functional.normalize", (), kwargs, {"dim": 1, "eps": 1e-12})
