"""Elements chosen by size or by index."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.broadcast import broadcast
from netspec.layers.checks import at_least, axis_of
from netspec.layers.reach import Reach, kept
from netspec.layers.traits import as_input
from netspec.layers.types import Types
from netspec.program import Function
from netspec.shape import batched, replaced, spell


class Topk(Weightless):
    """The `k` largest along `axis`, in order, and their indices (torch.topk).

    Input ``[n, *S]``, outputs ``[k, *S]`` of its own type and ``[k, *S]`` of integers, for axis 0.
    """

    op: ClassVar = "topk"
    main: ClassVar = "k"
    dtype: ClassVar = "number"
    examples: ClassVar = (
        Example({"k": 2}, ((5, 16),)),
        Example({"k": 3, "axis": -1, "largest": False}, ((2, 3, 4),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1)}

    k: int = Field(description="Number of elements.")
    axis: int = 0
    largest: bool = Field(True, description="Whether it gives the largest; the smallest if not.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses more elements than the axis has."""
        axis = axis_of("axis", self.axis, inputs[0])
        at_least("k", self.k, 1)
        if self.k > inputs[0][axis]:
            refuse_option(
                "k",
                f"axis {axis} of {spell(inputs[0])} has no {self.k} elements",
                found=f"{self.k}",
                expected=f"1 to {inputs[0][axis]}",
            )
        return (replaced(inputs[0], axis, self.k),) * 2

    def result_types(self, given: Types) -> Types:
        """The input's, and integers."""
        return given[0], "int64"

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The whole of the axis; one position of the others."""
        return kept(len(inputs[0]), (axis_of("axis", self.axis, inputs[0]),))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the indices."""
        (x,) = inputs
        (shape, _) = self.infer((x.shape[1:],))
        indices = tape.tensor((tape.batch, *shape), "int64")
        return tape.operation([x], indices.shape, extra=(indices,)), indices

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        kwargs = {"dim": batched(self.axis), "largest": self.largest}
        return Function("torch.topk", (self.k,), kwargs, {"largest": True}, parts=True)


class Gather(Weightless):
    """The elements of the first input at the indices along `axis` that the second holds (torch.take_along_dim).

    Inputs ``[n, *S]`` and integers ``[k, *S]`` from 0 to n - 1, output ``[k, *S]`` for axis 0; along the other axes a
    size of 1 is stretched to the other input's, which torch.gather does not do.
    """

    op: ClassVar = "gather"
    arity: ClassVar = (2, 2)
    dtype: ClassVar = ("any", "int")
    examples: ClassVar = (
        Example({"axis": 0}, ((5, 16), (1, 1))),
        Example({"axis": 1}, ((2, 6, 4), (2, 3, 4))),
    )
    samples: ClassVar = {"axis": (0, -1, 1)}
    bounds = as_input

    axis: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal ranks, and other axes whose sizes neither agree nor are 1."""
        given, indices = inputs
        axis = axis_of("axis", self.axis, given)
        if len(given) != len(indices):
            refuse(
                Code.UNEQUAL_SHAPES,
                "`gather` needs indices of as many axes as its input",
                found=f"{spell(given)} and {spell(indices)}",
                expected=f"{len(given)} axes",
                help="`unsqueeze` adds an axis of size 1" if len(indices) < len(given) else None,
            )
        others = broadcast(self.op, (replaced(given, axis, 1), replaced(indices, axis, 1)))
        return (replaced(others, axis, indices[axis]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """An unknown position of the axis; one position of the others."""
        axis = axis_of("axis", self.axis, inputs[0])
        return Reach(kept(len(inputs[0]), (axis,)).axes, (axis,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, for its shape, and the indices."""
        x, indices = inputs
        (shape,) = self.infer((x.shape[1:], indices.shape[1:]))
        return (tape.operation([x, indices], (tape.batch, *shape), keeps=(x, indices)),)

    def emit(self, inputs: Shapes) -> Function:
        """A function that built source carries along, for torch's own cannot be exported for any batch."""
        return Function("netspec.nn.take_along", (), {"dim": batched(self.axis)})
