"""Functions of one number, element by element, that are no activations of their own in torch.nn."""

from math import inf
from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Missing
from netspec.layers.activation import Activation, Clipping, Rectifying
from netspec.layers.base import Bounds, Example, Shapes, refuse
from netspec.layers.checks import unset
from netspec.layers.remembers import keeps_output
from netspec.layers.traits import NEVER_NEGATIVE
from netspec.program import Function


class _OfTorch(Activation):
    """A function of torch, without a module."""

    def emit(self, inputs: Shapes) -> Function:
        """The function."""
        return self.emit_function()


class _Wide(_OfTorch):
    """A function that autocast computes in float32 on CUDA."""

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, in the type it computes in."""
        x = tape.full(inputs[0])
        return (tape.pointwise(x, keeps=(x,)),)


class Exp(_OfTorch):
    """``exp(x)`` (torch.exp). Keeps the shape."""

    op: ClassVar = "exp"
    image: ClassVar = NEVER_NEGATIVE
    function: ClassVar = "torch.exp"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its result."""
        return (tape.pointwise(tape.full(inputs[0]), keeps_output=True),)


class Log(_Wide):
    """The natural logarithm, ``-inf`` of 0 and no number below (torch.log). Keeps the shape."""

    op: ClassVar = "log"
    function: ClassVar = "torch.log"


class Sqrt(_OfTorch):
    """The square root, no number below 0 (torch.sqrt). Keeps the shape."""

    op: ClassVar = "sqrt"
    image: ClassVar = NEVER_NEGATIVE
    function: ClassVar = "torch.sqrt"
    record = keeps_output


class Square(_Wide):
    """``x^2`` (torch.square). Keeps the shape."""

    op: ClassVar = "square"
    image: ClassVar = NEVER_NEGATIVE
    function: ClassVar = "torch.square"


class Abs(_OfTorch, Rectifying):
    """``|x|`` (torch.abs). Keeps the shape."""

    op: ClassVar = "abs"
    image: ClassVar = NEVER_NEGATIVE
    function: ClassVar = "torch.abs"


class Sin(_OfTorch):
    """``sin(x)``, x in radians (torch.sin). Keeps the shape."""

    op: ClassVar = "sin"
    image: ClassVar = (-1.0, 1.0)
    function: ClassVar = "torch.sin"


class Cos(_OfTorch):
    """``cos(x)``, x in radians (torch.cos). Keeps the shape."""

    op: ClassVar = "cos"
    image: ClassVar = (-1.0, 1.0)
    function: ClassVar = "torch.cos"


class Clamp(_OfTorch, Clipping):
    """``min(max(x, min), max)``; one of the two may be left out (torch.clamp). Keeps the shape."""

    op: ClassVar = "clamp"
    function: ClassVar = "torch.clamp"
    examples: ClassVar = (
        Example({"min": 0.0, "max": 6.0}, ((6, 4, 4),)),
        Example({"min": 1e-6}, ((10,),)),
        Example({"max": 1.0}, ((5, 8),)),
    )

    min: float | None = Field(None, description="The least result.")
    max: float | None = Field(None, description="The largest result; where it is below `min`, every result.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a clamp without ends."""
        if unset(self.min) and unset(self.max):
            refuse(
                Code.MISSING_OPTION,
                "`clamp` needs `min`, `max` or both",
                option="min",
                found="neither",
                expected="`min: 0.0`, say",
                fact=Missing("min", self.op),
            )
        return inputs

    def unchanged(self, inputs: Shapes) -> Bounds | None:
        """Between its ends."""
        low, high = self._ends()
        return (low, high) if low <= high else None

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The ends, clamped."""
        low, high = self._ends()
        return min(max(given[0][0], low), high), min(max(given[0][1], low), high)

    def _ends(self) -> Bounds:
        return -inf if self.min is None else self.min, inf if self.max is None else self.max
