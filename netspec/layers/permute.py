"""The axes in another order."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse
from netspec.layers.checks import axis_of
from netspec.layers.reach import Along, Reach
from netspec.program import Call
from netspec.shape import batched, spell


class Permute(Weightless):
    """Reorders the axes: axis `i` of the output is axis ``axes[i]`` of the input (torch.permute, the batch kept)."""

    op: ClassVar = "permute"
    target: ClassVar = "netspec.nn.Permute"
    main: ClassVar = "axes"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({"axes": (1, 2, 0)}, ((3, 4, 5),)), Example({"axes": (-1, 0)}, ((3, 4),)))
    samples: ClassVar = {
        "axes": ((0,), (1, 0), (-1, 0), (0, 1), (1, 2, 0), (2, 1, 0), (0, -1, 1), (3, 0, 1, 2), (0, 0), (0, -2), (0, 2))
    }

    axes: tuple[int, ...]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses axes that do not name each one once."""
        shape, rank = inputs[0], len(inputs[0])
        axes = tuple(axis_of("axes", axis, shape) for axis in self.axes)
        if sorted(axes) != list(range(rank)):
            refuse(
                Code.BAD_AXIS,
                f"`axes` must name each of the {rank} axes once",
                option="axes",
                found=spell(tuple(self.axes)),
                expected=f"an order of {spell(tuple(range(rank)))}",
            )
        return (tuple(shape[axis] for axis in axes),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element; the axes change places."""
        return Reach(tuple(Along(axis_of("axes", axis, inputs[0])) for axis in self.axes))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view."""
        (x,) = inputs
        axes = (axis_of("axes", axis, x.shape[1:]) for axis in self.axes)
        return (tape.permute(x, (0, *(axis + 1 for axis in axes))),)

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch has none."""
        return Call(self.target, ((0, *(batched(axis) for axis in self.axes)),))
