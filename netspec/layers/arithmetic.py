"""Sums, differences, products and quotients, element by element."""

from functools import reduce
from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise
from netspec.layers.broadcast import broadcast
from netspec.layers.traits import negative, product_of, sum_of
from netspec.layers.types import widest
from netspec.program import Function


class _Arithmetic(Weightless):
    """A sign between inputs; an axis of size 1 is stretched to the others' size (torch's broadcasting, equal ranks)."""

    arity: ClassVar[tuple[int, int | None]] = (2, None)
    sign: ClassVar = "+"
    examples: ClassVar[tuple[Example, ...]] = (Example({}, ((6, 4, 4), (6, 4, 4))), Example({}, ((6, 1, 1), (6, 4, 4))))
    receptive_field = pointwise
    result_types = widest

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal ranks, and sizes that neither agree nor are 1."""
        return (broadcast(self.op, inputs),)

    def emit(self, inputs: Shapes) -> Function:
        """The sign between the inputs."""
        return Function(self.sign)


class Add(_Arithmetic):
    """The sum of inputs, element by element; an axis of size 1 is stretched to the others' size.

    Inputs ``[*]`` of one shape, or ``[C, 1, 1]`` and ``[C, H, W]``, say; output ``[C, H, W]`` (torch's broadcasting,
    equal ranks only).
    """

    op: ClassVar = "add"
    sums: ClassVar = True
    dtype: ClassVar = "any"
    examples: ClassVar = (
        Example({}, ((6, 4, 4), (6, 4, 4))),
        Example({}, ((3,), (3,), (3,))),
        Example({}, ((6, 4, 4), (6, 1, 1))),
    )

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The sums of the ends."""
        return reduce(sum_of, given)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Sums keep nothing."""
        return (reduce(tape.pointwise, inputs),)


class Subtract(_Arithmetic):
    """``x - y``, element by element; an axis of size 1 is stretched to the other's size.

    Inputs of one shape, or ``[C, H, W]`` and ``[C, 1, 1]``, say; output ``[C, H, W]``.
    """

    op: ClassVar = "subtract"
    arity: ClassVar = (2, 2)
    dtype: ClassVar = "number"
    sign: ClassVar = "-"

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The least and the largest difference of ends."""
        return sum_of(given[0], negative(given[1]))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Differences keep nothing."""
        return (tape.pointwise(*inputs),)


class Multiply(_Arithmetic):
    """The product of inputs, element by element; an axis of size 1 is stretched to the others' size.

    Inputs ``[C, 1, 1]`` and ``[C, H, W]``, say, output ``[C, H, W]`` (torch's broadcasting, equal ranks only).
    """

    op: ClassVar = "multiply"
    dtype: ClassVar = "any"
    sign: ClassVar = "*"
    examples: ClassVar = (Example({}, ((6, 1, 1), (6, 4, 4))), Example({}, ((3,), (3,), (3,))))

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The least and the largest product of ends."""
        return reduce(product_of, given)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Each factor is kept for the other's gradient."""
        return (reduce(tape.product, inputs),)


class Divide(_Arithmetic):
    """``x / y``, element by element; an axis of size 1 is stretched to the other's size.

    Inputs of one shape, or ``[C, H, W]`` and ``[C, 1, 1]``, say; output ``[C, H, W]``.
    """

    op: ClassVar = "divide"
    arity: ClassVar = (2, 2)
    sign: ClassVar = "/"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The divisor is kept for both gradients, the dividend for the divisor's."""
        x, y = inputs
        return (tape.pointwise(x, y, keeps=(y, x) if y.needs_grad else (y,)),)


class _WithNumber(Weightless):
    """A sign between the input and a number."""

    examples: ClassVar = (Example({"value": 0.5}, ((6, 4, 4),)), Example({"value": -2.0}, ((10,),)))
    sign: ClassVar = "+"
    main: ClassVar = "value"
    receptive_field = pointwise

    value: float

    def emit(self, inputs: Shapes) -> Function:
        """The sign between the input and the number."""
        return Function(self.sign, (self.value,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps nothing."""
        return (tape.pointwise(*inputs),)


class Scale(_WithNumber):
    """``value * x``, by a number that is not learned. Keeps the shape.

    `layer_scale` learns its factors.
    """

    op: ClassVar = "scale"
    sign: ClassVar = "*"

    value: float = Field(description="The factor.")

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The ends, multiplied."""
        return product_of(given[0], (self.value, self.value))


class Shift(_WithNumber):
    """``x + value``, a number that is not learned. Keeps the shape."""

    op: ClassVar = "shift"

    value: float = Field(description="The number that is added.")

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The ends, moved."""
        return sum_of(given[0], (self.value, self.value))
