"""What truth values say together."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Example, Shapes, Weightless, pointwise
from netspec.layers.broadcast import broadcast
from netspec.layers.traits import always
from netspec.program import Function


class _Logical(Weightless):
    """A function of truth values: inputs of one shape, or with axes of size 1 that are stretched."""

    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    dtype: ClassVar = "bool"
    examples: ClassVar[tuple[Example, ...]] = (Example({}, ((1, 5, 5), (1, 5, 5))), Example({}, ((5, 5), (1, 5))))
    bounds = always((0.0, 1.0))
    receptive_field = pointwise

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal ranks, and sizes that neither agree nor are 1."""
        return (broadcast(self.op, inputs),)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Truth values, which keep nothing."""
        return (tape.pointwise(*inputs, dtype="bool"),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function of that name."""
        return Function(f"torch.{self.op}")


class LogicalAnd(_Logical):
    """True where both inputs are (torch.logical_and): `{logical_and: [causal, mask]}` joins two masks of `attention`.

    Truth values of one shape, or with axes of size 1 that are stretched, output of that shape.
    """

    op: ClassVar = "logical_and"


class LogicalOr(_Logical):
    """True where one of the inputs is, or both are (torch.logical_or).

    Truth values of one shape, or with axes of size 1 that are stretched, output of that shape.
    """

    op: ClassVar = "logical_or"


class LogicalNot(_Logical):
    """True where the input is not (torch.logical_not): turns a mask of what is hidden into one of what is seen.

    Truth values of any shape, which is kept.
    """

    op: ClassVar = "logical_not"
    arity: ClassVar = (1, 1)
    examples: ClassVar = (Example({}, ((1, 5),)), Example({}, ((5,),)))
