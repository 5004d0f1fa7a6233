"""Truth values, and the choice by them."""

from typing import ClassVar, Literal

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.autograd.tensor import widest_type
from netspec.diagnostics import Code
from netspec.expr.symbols import concrete
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise, refuse, refuse_option
from netspec.layers.broadcast import broadcast
from netspec.layers.checks import meaningless, unset
from netspec.layers.ranks import NUMBER, Ranks
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import always, hull
from netspec.layers.types import Types, holds, type_beside
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

    def _beside(self, dtype: str) -> str:
        """The type of elements that meet the number. Refuses one beside truth values, and one that they cannot be."""
        number = concrete(getattr(self, self.number))
        if number is None:
            return dtype
        if dtype == "bool" and not isinstance(number, bool):
            refuse_option(
                self.number,
                f"a number cannot stand beside truth values in `{self.op}`",
                found=f"`{self.number}: {number}`",
                expected=f"`{self.number}: false`, or `true`",
            )
        made = type_beside(dtype, number)
        if not holds(made, number):
            refuse_option(
                self.number,
                f"{number} is beyond the numbers of {made}, which `{self.op}` has here",
                found=f"`{self.number}: {number}`",
                expected=f"a number that {made} has",
            )
        return made


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
    value: int | float | None = Field(None, description="The number to compare with, where no second input flows in.")

    def result_types(self, given: Types) -> Types:
        """Truth values."""
        self._beside(given[0])
        return ("bool",)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Truth values, which keep nothing."""
        return (tape.pointwise(*inputs, dtype="bool"),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function of that name."""
        return Function(f"torch.{self.how:s}", () if unset(self.value) else (self.value,))


class Where(_OrNumber):
    """``x`` where the first input holds, else ``y``, or else the number `other` (torch.where).

    Inputs of one shape, or with axes of size 1 that are stretched, output of that shape. `{where: [mask, x, y]}`.
    `other` is of the second input's type: `false` or `true` for truth values, a whole number for integers; beside
    integers, one with a point makes floats.
    """

    op: ClassVar = "where"
    number: ClassVar = "other"
    arity: ClassVar = (2, 3)
    dtype: ClassVar = ("bool", "any")
    examples: ClassVar = (
        Example({}, ((6, 4, 4), (6, 4, 4), (6, 1, 1))),
        Example({"other": -1e9}, ((1, 5, 5), (4, 5, 5))),
        Example({"other": False}, ((4, 5, 5), (1, 5, 5))),
    )
    receptive_field = pointwise

    other: bool | int | float | None = Field(
        None, description="The number, or the truth value, where the first input does not hold."
    )

    def result_types(self, given: Types) -> Types:
        """The wider type of the two, or what that of the one is beside the number."""
        return (widest_type(given[1:]) if unset(self.other) else self._beside(given[1]),)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Those of either."""
        return hull(given[1:] if self.other is None else (given[1], (float(self.other), float(self.other))))

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
