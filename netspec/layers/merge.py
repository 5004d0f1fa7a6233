"""Layers that join several inputs."""

from functools import reduce
from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Mend, Unequal
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise, refuse
from netspec.layers.checks import axis_of
from netspec.layers.reach import Along, Mixed, Reach
from netspec.layers.remembers import result_shape
from netspec.layers.traits import product_of, sum_of
from netspec.program import Function
from netspec.shape import Shape, batched, product, replaced, spell, times


class Add(Weightless):
    """The sum of inputs of equal shape, element by element. Inputs ``[*]``, output ``[*]``."""

    op: ClassVar = "add"
    arity: ClassVar = (2, None)
    dtype: ClassVar = "any"
    examples: ClassVar = (Example({}, ((6, 4, 4), (6, 4, 4))), Example({}, ((3,), (3,), (3,))))
    receptive_field = pointwise

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal shapes."""
        for at, shape in enumerate(inputs):
            if shape != inputs[0]:
                refuse(
                    Code.UNEQUAL_SHAPES,
                    "`add` needs inputs of one shape",
                    found=" and ".join(spell(s) for s in inputs),
                    expected=f"{spell(inputs[0])} each",
                    fact=Unequal(inputs, mend=_match(inputs[0], at, shape)),
                )
        return inputs[:1]

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The sums of the ends."""
        return reduce(sum_of, given)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Sums keep nothing."""
        return (reduce(tape.pointwise, inputs),)

    def emit(self, inputs: Shapes) -> Function:
        """The sign between the inputs."""
        return Function("+")


def _match(first: Shape, at: int, other: Shape) -> Mend | None:
    """Advice to make the shapes equal: a linear layer, a convolution of 1, or stretching axes of size 1."""
    if len(first) == len(other) <= 2 and first[:-1] == other[:-1]:
        return Mend(0, f"`{{linear: {other[-1]}}}` makes", spell(other))
    if len(first) == len(other) == 2 and first[1:] != other[1:]:
        return None  # a sequence of another length: a stride is seldom the reason
    ways = ((0, first, other), (at, other, first))
    for index, small, large in ways:
        if len(small) == len(large) > 2 and small[0] == large[0] and product(small[1:]) == 1:
            into = f"to {times(large)}; `multiply` stretches axes of size 1 itself"
            return Mend(index, f"`{{upsample: , size: {spell(large[1:])}}}` stretches", into)
    for index, source, target in ways:
        if len(source) != len(target) or not 2 <= len(source) <= 4:
            continue
        axes = len(source) - 1
        # The ceiling of their quotient is the stride that could lead from one to the other.
        strides = tuple((s + t - 1) // t for s, t in zip(source[1:], target[1:], strict=True))
        if any((s - 1) // k + 1 != t for s, t, k in zip(source[1:], target[1:], strides, strict=True)):
            continue
        stride = f"{strides[0]:d}" if all(s == strides[0] for s in strides) else spell(strides)
        with_stride = "" if stride == "1" else f" with stride {stride}"
        return Mend(index, f"a {times((1,) * axes)} convolution{with_stride} makes", times(target))
    return None


def _same_rank(first: Shape, second: Shape) -> str | None:
    """Advice to give the input of fewer axes as many as the other."""
    if len(first) == len(second):
        return None
    short, rank = (first, len(second)) if len(first) < len(second) else (second, len(first))
    padded = spell((*short, *(1,) * (rank - len(short))))
    return f"`{{reshape: {padded}}}` gives {spell(short)} {rank} axes"


class Multiply(Weightless):
    """The product of inputs, element by element; an axis of size 1 is stretched to the others' size.

    Inputs ``[C, 1, 1]`` and ``[C, H, W]``, say, output ``[C, H, W]`` (torch's broadcasting, equal ranks only).
    """

    op: ClassVar = "multiply"
    arity: ClassVar = (2, None)
    dtype: ClassVar = "any"
    examples: ClassVar = (Example({}, ((6, 1, 1), (6, 4, 4))), Example({}, ((3,), (3,), (3,))))
    receptive_field = pointwise

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal ranks, and sizes that neither agree nor are 1."""
        found = inputs[0]
        for shape in inputs[1:]:
            fits = len(shape) == len(found) and all(
                a == b or a == 1 or b == 1 for a, b in zip(found, shape, strict=True)
            )
            if not fits:
                refuse(
                    Code.UNEQUAL_SHAPES,
                    "`multiply` needs inputs whose sizes agree or are 1",
                    found=" and ".join(spell(s) for s in inputs),
                    expected=f"sizes of {spell(found)}, or 1",
                    help=_same_rank(found, shape),
                    fact=Unequal(inputs),
                )
            found = tuple(a if a == b or b == 1 else b for a, b in zip(found, shape, strict=True))
        return (found,)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The least and the largest product of ends."""
        return reduce(product_of, given)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Each factor is kept for the other's gradient."""
        return (reduce(tape.product, inputs),)

    def emit(self, inputs: Shapes) -> Function:
        """The sign between the inputs."""
        return Function("*")


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
