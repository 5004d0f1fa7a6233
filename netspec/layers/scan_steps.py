"""The two ends of a scan: the steps that it takes of a sequence, and the sequence that it makes of their results.

No spec names them; an entry with `scan` makes them.
"""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Shapes, Weightless
from netspec.layers.checks import axis_of
from netspec.program import Function
from netspec.shape import batched

STEPS, STACK = "unbind", "stack"
"""Their names in tables; no line of the classes holds one, since the registry would take it for a layer of specs."""


class Steps(Weightless):
    """The places of its input along an axis, one after the other; the shape is that of one (torch.Tensor.unbind)."""

    op: ClassVar[str] = STEPS
    listed: ClassVar = False
    dtype: ClassVar = "any"

    axis: int

    def infer(self, inputs: Shapes) -> Shapes:
        """The input's shape without the axis."""
        axis = axis_of("axis", self.axis, inputs[0])
        return ((*inputs[0][:axis], *inputs[0][axis + 1 :]),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's method; its axis counts the batch."""
        return Function(".unbind", (batched(self.axis),))


class Stack(Weightless):
    """The results of all steps, joined along a new axis (torch.stack).

    Inputs: the result of a step, and the sequence whose steps were taken; its axis gives the length.
    """

    op: ClassVar[str] = STACK
    listed: ClassVar = False
    arity: ClassVar = (2, 2)
    dtype: ClassVar = "any"

    axis: int

    def infer(self, inputs: Shapes) -> Shapes:
        """The shape of a result with the sequence's axis; refuses a result that has no such place for it."""
        step, sequence = inputs
        length = sequence[axis_of("axis", self.axis, sequence)]
        axis = axis_of("axis", self.axis, (*step, length))
        return ((*step[:axis], length, *step[axis:]),)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A copy of the results of all steps, which are its inputs here."""
        shape, axis = inputs[0].shape, batched(self.axis) % (len(inputs[0].shape) + 1)
        return (tape.operation(inputs, (*shape[:axis], len(inputs), *shape[axis:])),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        self.infer(inputs)
        return Function("torch.stack", (), {"dim": batched(self.axis)}, {"dim": 0}, pack=True)
