"""Reductions: one number of all those along some axes."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.autograd.tensor import is_float_type
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse
from netspec.layers.checks import axis_of
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import as_input, signed_as_input
from netspec.layers.types import Types
from netspec.program import Function
from netspec.shape import Shape, Size, batched, spell


def without(shape: Shape, gone: tuple[int, ...], keepdim: bool) -> Shape:
    """A shape without some axes, or with 1 in their place."""
    return tuple([1 if axis in gone else size for axis, size in enumerate(shape) if keepdim or axis not in gone])


def reach_without(rank: int, gone: tuple[int, ...], keepdim: bool) -> Reach:
    """The whole of some axes; one position of the others."""
    kept = [axis for axis in range(rank) if keepdim or axis not in gone]
    return Reach(tuple([None if axis in gone else Along(axis) for axis in kept]))


class _Reduction(Weightless):
    """A function of torch over one axis or several."""

    main: ClassVar = "axis"
    torch_name: ClassVar = ""
    examples: ClassVar = (
        Example({"axis": 0}, ((5, 16),)),
        Example({"axis": -1, "keepdim": True}, ((2, 3, 4),)),
        Example({"axis": (1, 2)}, ((6, 4, 4),)),
    )
    samples: ClassVar = {"axis": (0, -1, 1, (0, 1), (-1, 0), (0, 0))}

    axis: Size = Field(description="The axis, or a list of them, counted in the shape as written.")
    keepdim: bool = Field(False, description="Whether the axes stay, with size 1.")

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        """The axes from the front. Refuses axes that the input lacks, none, and one that is named twice."""
        told = (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)
        found = tuple([axis_of("axis", axis, shape) for axis in told])
        if not found or len(set(found)) < len(found):
            refuse(
                Code.BAD_AXIS,
                f"`{self.op}` takes each axis once, and one at least",
                option="axis",
                found=spell(told),
                expected=f"axes of {spell(shape)}",
            )
        return found

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses axes that the input lacks."""
        return (without(inputs[0], self._axes(inputs[0]), self.keepdim),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The whole of the axes; one position of the others."""
        return reach_without(len(inputs[0]), self._axes(inputs[0]), self.keepdim)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Sums and means keep nothing."""
        (x,) = inputs
        axes = tuple([axis + 1 for axis in self._axes(x.shape[1:])])
        return (operations.reduced(tape, x, axes, keepdim=self.keepdim),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axes count the batch."""
        dim = batched(self.axis) if isinstance(self.axis, int) else tuple([batched(axis) for axis in self.axis])
        return Function(self.torch_name, (), {"dim": dim, "keepdim": self.keepdim}, {"keepdim": False})


class Mean(_Reduction):
    """The mean along `axis`, one or several, which are then gone, unless `keepdim` leaves them as 1 (torch.mean).

    Input ``[n, *S]``, output ``[*S]`` for axis 0.
    """

    op: ClassVar = "mean"
    torch_name: ClassVar = "torch.mean"
    bounds = as_input


class Sum(_Reduction):
    """The sum along `axis`, one or several, which are then gone, unless `keepdim` leaves them as 1 (torch.sum).

    Input ``[n, *S]``, output ``[*S]`` for axis 0; of integers and truth values, integers.
    """

    op: ClassVar = "sum"
    torch_name: ClassVar = "torch.sum"
    dtype: ClassVar = "any"
    bounds = signed_as_input

    def result_types(self, given: Types) -> Types:
        """Floats as they are, or else int64."""
        return given if is_float_type(given[0]) else ("int64",)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps nothing; autocast sums in float32 on CUDA."""
        (x,) = inputs
        axes = tuple([axis + 1 for axis in self._axes(x.shape[1:])])
        dtype = None if x.is_float else "int64"
        return (operations.reduced(tape, tape.full(x), axes, keepdim=self.keepdim, dtype=dtype),)


class _Extreme(_Reduction):
    """Extremes: the backward pass compares the input with the result."""

    dtype: ClassVar = "any"
    bounds = as_input

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input and its result."""
        (x,) = inputs
        axes = tuple([axis + 1 for axis in self._axes(x.shape[1:])])
        return (operations.reduced(tape, x, axes, keepdim=self.keepdim, keeps_both=True),)


class Max(_Extreme):
    """The largest along `axis`, one or several, which are then gone, unless `keepdim` leaves them as 1 (torch.amax).

    Input ``[n, *S]``, output ``[*S]`` for axis 0. Elements that are equally large share the gradient.
    """

    op: ClassVar = "max"
    torch_name: ClassVar = "torch.amax"


class Min(_Extreme):
    """The least along `axis`, one or several, which are then gone, unless `keepdim` leaves them as 1 (torch.amin).

    Input ``[n, *S]``, output ``[*S]`` for axis 0. Elements that are equally small share the gradient.
    """

    op: ClassVar = "min"
    torch_name: ClassVar = "torch.amin"


class Argmax(Weightless):
    """The index of the largest along `axis`, an integer (torch.argmax).

    Input ``[n, *S]``, output ``[*S]`` for axis 0, or ``[1, *S]`` with `keepdim`. It has no gradient.
    """

    op: ClassVar = "argmax"
    main: ClassVar = "axis"
    dtype: ClassVar = "number"
    out_dtype: ClassVar = "int"
    examples: ClassVar = (Example({"axis": 0}, ((5, 16),)), Example({"axis": -1, "keepdim": True}, ((2, 3, 4),)))
    samples: ClassVar = {"axis": (0, -1, 1)}

    axis: int
    keepdim: bool = Field(False, description="Whether the axis stays, with size 1.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        return (without(inputs[0], (axis_of("axis", self.axis, inputs[0]),), self.keepdim),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The whole of the axis; one position of the others."""
        return reach_without(len(inputs[0]), (axis_of("axis", self.axis, inputs[0]),), self.keepdim)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Integers, which keep nothing."""
        (x,) = inputs
        axis = axis_of("axis", self.axis, x.shape[1:]) + 1
        return (operations.reduced(tape, x, (axis,), keepdim=self.keepdim, dtype="int64"),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        kwargs = {"dim": batched(self.axis), "keepdim": self.keepdim}
        return Function("torch.argmax", (), kwargs, {"keepdim": False})
