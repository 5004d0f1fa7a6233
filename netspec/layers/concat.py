"""Concatenation."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.diagnostics.tensor_facts import Mend, Unequal
from netspec.layers.base import Example, Shapes, Weightless, refuse
from netspec.layers.checks import axis_of
from netspec.layers.reach import Along, Mixed, Reach
from netspec.layers.remembers import result_shape
from netspec.program import Function
from netspec.shape import Shape, batched, replaced, spell, times


def _enlarge(first: Shape, at: int, other: Shape) -> Mend | None:
    """Advice with the factor that makes the spatial axes of one shape as large as the other's."""
    for index, source, target in ((0, first, other), (at, other, first)):
        if len(source) != len(target) or not 2 <= len(source) <= 4:
            continue
        factors = {t // s if t % s == 0 else 0 for s, t in zip(source[1:], target[1:], strict=True)}
        if len(factors) == 1 and 0 not in factors:
            return Mend(index, f"`{{upsample: {next(iter(factors))}}}` makes", times((source[0], *target[1:])))
    return None


class Concat(Weightless):
    """The inputs one after the other along `axis` (torch.cat).

    Inputs ``[C1, *S]``, ``[C2, *S]``, ..., output ``[C1 + C2 + ..., *S]`` for axis 0.
    """

    op: ClassVar = "concat"
    rearranges: ClassVar = True
    arity: ClassVar = (2, None)
    dtype: ClassVar = "any"
    examples: ClassVar = (
        Example({}, ((6, 4, 4), (2, 4, 4))),
        Example({"axis": -1}, ((3, 2), (3, 1), (3, 4))),
        Example({}, ((3,), (4,))),
    )
    samples: ClassVar = {"axis": (0, -1, 1)}

    axis: int = 0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs that differ on axes other than `axis`."""
        first = inputs[0]
        axis = axis_of("axis", self.axis, first)
        for at, shape in enumerate(inputs):
            if len(shape) != len(first) or replaced(shape, axis, first[axis]) != first:
                refuse(
                    Code.UNEQUAL_SHAPES,
                    f"`concat` joins axis {axis}: the other axes must agree",
                    found=" and ".join(spell(s) for s in inputs),
                    expected=f"{spell(first)} but for axis {axis}",
                    fact=Unequal(inputs, mend=_enlarge(first, at, shape) if axis == 0 else None),
                )
        return (replaced(first, axis, sum(shape[axis] for shape in inputs)),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One position of one input, counted anew along the axis that is joined."""
        joined = axis_of("axis", self.axis, inputs[0])
        return Reach(tuple(Mixed((axis,)) if axis == joined else Along(axis) for axis in range(len(inputs[0]))))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A copy that keeps nothing."""
        return (operations.joined(tape, inputs, result_shape(self, tape, *inputs)),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's concatenation; its axis counts the batch."""
        return Function("torch.cat", kwargs={"dim": batched(self.axis)}, pack=True)
