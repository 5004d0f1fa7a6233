"""Circular shifts."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Example, Shapes, Weightless, refuse_option
from netspec.layers.checks import axis_of
from netspec.layers.reach import Along, Reach
from netspec.program import Function
from netspec.shape import Size, batched, spell


class Roll(Weightless):
    """Shifts the elements along axes; what leaves at one end comes in at the other (torch.roll).

    Input and output of one shape: ``y[i] = x[(i - shift) mod n]``, `shifts` being one number for all of `axes`, or one
    for each. Shifted windows (Liu et al., "Swin transformer", 2021) are ``{roll: -3, axes: [1, 2]}`` on
    ``[C, H, W]``.
    """

    op: ClassVar = "roll"
    main: ClassVar = "shifts"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (
        Example({"shifts": -3, "axes": (1, 2)}, ((4, 7, 7),)),
        Example({"shifts": (1, -2), "axes": (0, -1)}, ((5, 8),)),
        Example({"shifts": 1, "axes": 0}, ((6,),)),
    )
    samples: ClassVar = {"shifts": (1, -2, 9, 0, (1, -1), (3,)), "axes": (0, -1, 1, (1, 2), (0, -1), (1, 1), (0,))}

    shifts: Size
    axes: Size

    def _axes(self) -> tuple[int, ...]:
        return (self.axes,) if isinstance(self.axes, int) else tuple(self.axes)

    def _shifts(self) -> tuple[int, ...]:
        return (self.shifts,) * len(self._axes()) if isinstance(self.shifts, int) else tuple(self.shifts)

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses axes that the input lacks, and shifts that are not one for each axis."""
        axes, shifts = self._axes(), self._shifts()
        for axis in axes:
            axis_of("axes", axis, inputs[0])
        if not axes or len(shifts) != len(axes):
            refuse_option(
                "shifts" if axes else "axes",
                f"`shifts` has {len(shifts)} numbers for {len(axes)} axes" if axes else "`axes` is empty",
                found=spell(shifts if axes else axes),
                expected=f"one integer, or a list of {len(axes)}" if axes else "one axis at least",
            )
        return inputs

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One position, shifted."""
        moved = [0] * len(inputs[0])
        for axis, shift in zip(self._axes(), self._shifts(), strict=True):
            moved[axis_of("axes", axis, inputs[0])] += shift
        return Reach(tuple(Along(axis, 1, ((-shift, -shift),)) for axis, shift in enumerate(moved)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A copy for each axis, joined from two parts, which keeps nothing; contiguous where one of them is empty."""
        (x,) = inputs
        for axis, shift in zip(self._axes(), self._shifts(), strict=True):
            whole = shift % x.shape[batched(axis)] == 0
            x = tape.operation([x], x.shape, strides=None if whole else tape.image_strides(x, x.shape))
        return (x,)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axes count the batch."""
        dims = tuple(batched(axis) for axis in self._axes())
        return Function("torch.roll", (), {"shifts": self._shifts(), "dims": dims})
