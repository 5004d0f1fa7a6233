"""Ranges of an axis, and axes of size 1 that come and go."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.checks import axis_of, meaningless, unset
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import as_input
from netspec.program import Function
from netspec.shape import batched, replaced, spell


class Slice(Weightless):
    """The places from a first up to an end, which is left out, along `axis`; negative ones count from the back.

    Input ``[n, *S]``, output ``[end - first, *S]`` for axis 0; null for an end is the axis's own. Of two inputs,
    without `ends`, as many places of the first as the second has along its axis `like`:
    `{slice: , from: [table, words]}` keeps up with a `dynamic` axis, to the table's end.
    """

    op: ClassVar = "slice"
    main: ClassVar = "ends"
    arity: ClassVar = (1, 2)
    dtype: ClassVar = "any"
    sizeless: ClassVar = "leave out `ends`, and give a second input that is as long: `{slice: , from: [table, words]}`"
    examples: ClassVar = (
        Example({"ends": (1, 3)}, ((5, 16),)),
        Example({"ends": (None, -1), "axis": 1}, ((2, 3, 4),)),
        Example({}, ((9, 16), (5, 16))),
        Example({"axis": 1, "like": 0}, ((9, 9), (5, 16))),
    )
    samples: ClassVar = {"axis": (0, -1, 1), "like": (0, 1), "ends": ((0, 1), (1, 2), (-1, None), (0, -1), (2, 1))}
    bounds = as_input

    ends: tuple[int | None, int | None] | None = Field(None, description="The first place, and the one after the last.")
    axis: int = 0
    like: int | None = Field(None, description="The second input's axis whose size is taken; `axis` unless told.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses places that the axis lacks."""
        axis = axis_of("axis", self.axis, inputs[0])
        size = inputs[0][axis]
        if len(inputs) == 2:
            if not unset(self.ends):
                meaningless("ends", "a slice as long as a second input", "no `ends`, or one input")
            wanted = inputs[1][self._like(inputs)]
            if wanted > size:
                refuse_option(
                    "axis",
                    f"axis {axis} of {spell(inputs[0])} has no {wanted} places",
                    found=f"{wanted} wanted",
                    expected=f"{size} at most",
                )
            return (replaced(inputs[0], axis, wanted),)
        if not unset(self.like):
            meaningless("like", "a slice of one input", "a second input, or no `like`")
        first, end = self._places(size)
        if first < 0 or end > size or first >= end:
            refuse_option(
                "ends",
                f"axis {axis} of {spell(inputs[0])} has no places from {first} up to {end}",
                found=f"{first} and {end}",
                expected=f"a first place, and an end after it, {size} at most",
            )
        return (replaced(inputs[0], axis, end - first),)

    def _places(self, size: int) -> tuple[int, int]:
        """The first place and the end, counted from the front."""
        if unset(self.ends):
            refuse(
                Code.MISSING_OPTION,
                "`slice` of one input needs its `ends`",
                option="ends",
                found="none",
                expected="`{slice: [0, 4]}`, say, or a second input whose size it takes",
            )
        told, until = self.ends  # type: ignore[misc]
        first: int = 0 if unset(told) else told  # type: ignore[assignment]
        end: int = size if unset(until) else until  # type: ignore[assignment]
        return first + size if first < 0 else first, end + size if end < 0 else end

    def _like(self, inputs: Shapes) -> int:
        option = "axis" if unset(self.like) else "like"
        return axis_of(option, self.axis if unset(self.like) else self.like, inputs[1])  # type: ignore[arg-type]

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """One place; unknown for two inputs, the second of which gives its size alone."""
        if len(inputs) == 2:
            return None
        cut = axis_of("axis", self.axis, inputs[0])
        first = int(self._places(inputs[0][cut])[0])
        moved = Along(cut, 1, ((first, first),))
        return Reach(tuple([moved if axis == cut else Along(axis) for axis in range(len(inputs[0]))]))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the first input."""
        x = inputs[0]
        axis = axis_of("axis", self.axis, x.shape[1:])
        (shape,) = self.infer(tuple([each.shape[1:] for each in inputs]))
        return (tape.narrow(x, axis + 1, shape[axis]),)

    def emit(self, inputs: Shapes) -> Function:
        """A function that built source carries along; its axes count the batch."""
        self.infer(inputs)
        axis = axis_of("axis", self.axis, inputs[0]) + 1
        if len(inputs) == 2:
            return Function("netspec.nn.slice_like", (), {"dim": axis, "like": self._like(inputs) + 1})
        first, end = self.ends  # type: ignore[misc]
        ends = {"start": 0 if unset(first) else first, "end": end}
        return Function("netspec.nn.slice_axis", (), {"dim": axis, **ends}, {"start": 0, "end": None})


class Squeeze(Weightless):
    """The input without `axis`, whose size is 1 (torch.squeeze).

    Input ``[1, *S]``, output ``[*S]`` for axis 0.
    """

    op: ClassVar = "squeeze"
    main: ClassVar = "axis"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({"axis": 0}, ((1, 16),)), Example({"axis": -1}, ((6, 4, 1),)))
    samples: ClassVar = {"axis": (0, -1, 1)}

    axis: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis of another size, which torch would leave as it is."""
        shape = inputs[0]
        axis = axis_of("axis", self.axis, shape)
        if shape[axis] != 1:
            refuse_option(
                "axis",
                f"axis {axis} of {spell(shape)} holds more than one place",
                found=f"{shape[axis]}",
                expected="1",
                help="`select` takes one place, `mean` and `sum` join them",
            )
        return ((*shape[:axis], *shape[axis + 1 :]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element."""
        gone = axis_of("axis", self.axis, inputs[0])
        return Reach(tuple([Along(axis) for axis in range(len(inputs[0])) if axis != gone]))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the input."""
        (x,) = inputs
        return (tape.select(x, axis_of("axis", self.axis, x.shape[1:]) + 1),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        self.infer(inputs)
        return Function("torch.squeeze", (), {"dim": batched(self.axis)})


class Unsqueeze(Weightless):
    """The input with one more axis, of size 1, at `axis` of the result (torch.unsqueeze).

    Input ``[*S]``, output ``[1, *S]`` for axis 0, ``[*S, 1]`` for axis -1.
    """

    op: ClassVar = "unsqueeze"
    main: ClassVar = "axis"
    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    examples: ClassVar = (Example({"axis": 0}, ((5, 16),)), Example({"axis": -1}, ((6, 4),)))
    samples: ClassVar = {"axis": (0, -1, 1)}

    axis: int

    def _axis(self, inputs: Shapes) -> int:
        return axis_of("axis", self.axis, (*inputs[0], 1))

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the result would lack."""
        axis = self._axis(inputs)
        return ((*inputs[0][:axis], 1, *inputs[0][axis:]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element; the new axis follows none."""
        new = self._axis(inputs)
        kept: list[Along | None] = [Along(axis) for axis in range(len(inputs[0]))]
        return Reach((*kept[:new], None, *kept[new:]))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the input."""
        (x,) = inputs
        return (tape.unsqueeze(x, self._axis((x.shape[1:],)) + 1),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        return Function("torch.unsqueeze", (), {"dim": batched(self.axis)})
