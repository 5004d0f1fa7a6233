"""Truth values, and the choice by them."""

from typing import ClassVar, Literal

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.autograd.tensor import is_float_type, widest_type
from netspec.diagnostics import Code
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise, refuse
from netspec.layers.broadcast import broadcast
from netspec.layers.checks import meaningless, unset
from netspec.layers.ranks import NUMBER, Ranks
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import always, hull
from netspec.layers.types import Types
from netspec.program import Function


class _OrNumber(Weightless):
    """A layer of several inputs, of which an option, a number, may be the last."""

    number: ClassVar[str]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses the number beside all inputs, and one input less without it."""
        most = self.arity[1] or 0
        given = not unset(getattr(self, self.number))
        if given and len(inputs) == most:
            meaningless(self.number, f"`{self.op}` of {most} inputs", f"an input less, or no `{self.number}`")
        if not given and len(inputs) < most:
            refuse(
                Code.MISSING_OPTION,
                f"`{self.op}` needs a last input, or `{self.number}`",
                option=self.number,
                found=f"{len(inputs)} input{'s' if len(inputs) > 1 else ''}",
                expected=f"`{self.number}: 0.0`, say, or {most} inputs",
            )
        return (broadcast(self.op, inputs),)


class Compare(_OrNumber):
    """Truth values: the input against a second one, or against a number, `value` (torch.lt and its kin).

    Inputs of one shape, or with axes of size 1 that are stretched, output of that shape. It has no gradient.
    """

    op: ClassVar = "compare"
    number: ClassVar = "value"
    main: ClassVar = "how"
    arity: ClassVar = (1, 2)
    dtype: ClassVar = "number"
    out_dtype: ClassVar = "bool"
    examples: ClassVar = (
        Example({"how": "gt", "value": 0.5}, ((6, 4, 4),)),
        Example({"how": "le"}, ((6, 4, 4), (6, 1, 1))),
    )
    bounds = always((0.0, 1.0))
    receptive_field = pointwise

    how: Literal["lt", "le", "gt", "ge", "eq", "ne"] = Field(
        description="Less, less or equal, greater, greater or equal, equal, or not equal."
    )
    value: float | None = Field(None, description="The number to compare with, where no second input flows in.")

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Truth values, which keep nothing."""
        return (tape.pointwise(*inputs, dtype="bool"),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function of that name."""
        return Function(f"torch.{self.how:s}", () if unset(self.value) else (self.value,))


class Where(_OrNumber):
    """``x`` where the first input holds, else ``y``, or else the number `other` (torch.where).

    Inputs of one shape, or with axes of size 1 that are stretched, output of that shape. `{where: [mask, x, y]}`.
    """

    op: ClassVar = "where"
    number: ClassVar = "other"
    arity: ClassVar = (2, 3)
    dtype: ClassVar = ("bool", "any")
    examples: ClassVar = (
        Example({}, ((6, 4, 4), (6, 4, 4), (6, 1, 1))),
        Example({"other": -1e9}, ((1, 5, 5), (4, 5, 5))),
    )
    receptive_field = pointwise

    other: float | None = Field(None, description="The number where the first input does not hold.")

    def result_types(self, given: Types) -> Types:
        """The wider type of the two; a number of this layer is a float."""
        return (widest_type(given[1:] if unset(self.other) or is_float_type(given[1]) else (*given[1:], "float32")),)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Those of either."""
        return hull(given[1:] if self.other is None else (given[1], (self.other, self.other)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the mask."""
        dtype = self.result_types(tuple([x.dtype for x in inputs]))[0]
        return (tape.pointwise(*inputs, keeps=inputs[:1], dtype=dtype),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function."""
        return Function("torch.where", () if unset(self.other) else (self.other,))


class PaddingMask(Weightless):
    """Truth values: whether a place of a padded sequence is before its length, as a mask of `attention`.

    Inputs a sequence ``[L, *S]``, whose length alone is read, and a whole number ``[]``, how many of its places are no
    padding; output ``[1, L]``. With `{padding_mask: [words, lengths]}`, `{attention: 8, from: [words, words, words,
    mask]}` gives each sequence what it gives it alone. At a length of 0 there is nothing to see, and results are no
    numbers.
    """

    op: ClassVar = "padding_mask"
    arity: ClassVar = (2, 2)
    dtype: ClassVar = ("any", "int")
    out_dtype: ClassVar = "bool"
    ranks: ClassVar = Ranks(1, None, "takes a sequence and its length", "[length] or [length, ...]")
    other_ranks: ClassVar = {1: NUMBER}
    examples: ClassVar = (Example({}, ((5, 8), ())), Example({}, ((7,), ())))
    bounds = always((0.0, 1.0))

    def infer(self, inputs: Shapes) -> Shapes:
        """A row."""
        return ((1, self.ranked(inputs)[0][0]),)

    def length_bound(self, inputs: Shapes) -> int | None:
        """The padded length."""
        return inputs[0][0]

    def receptive_field(self, inputs: Shapes) -> Reach:
        """Its own place, though not what stands there."""
        return Reach((None, Along(0)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Truth values, which keep nothing."""
        places = tape.operation([], (inputs[0].shape[1],), dtype="int64")
        return (tape.pointwise(places, inputs[1].seen((tape.batch, 1, 1), (1, 1, 1)), dtype="bool"),)

    def emit(self, inputs: Shapes) -> Function:
        """A function that built source carries along."""
        return Function("netspec.nn.padding_mask")
