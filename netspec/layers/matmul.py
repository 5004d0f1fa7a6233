"""Products of matrices that both flow in."""

from typing import ClassVar

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, no_weights, refuse
from netspec.layers.broadcast import broadcast
from netspec.layers.ranks import Ranks
from netspec.layers.reach import Reach, kept
from netspec.program import Function
from netspec.shape import product, spell


class Matmul(Layer):
    """The product of two matrices, ``y_ij = sum_k a_ik b_kj``, each over the last two axes (torch.matmul).

    Inputs ``[*S, n, k]`` and ``[*S, k, m]``, output ``[*S, n, m]``; axes before the matrices of size 1 are stretched to
    the other's size. ``n k m`` multiply-accumulates for each product.
    """

    op: ClassVar = "matmul"
    arity: ClassVar = (2, 2)
    ranks: ClassVar = Ranks(2, None, "multiplies matrices, which have two axes", "[..., rows, columns]")
    examples: ClassVar = (
        Example({}, ((5, 8), (8, 3))),
        Example({}, ((4, 5, 8), (4, 8, 3))),
        Example({}, ((4, 5, 8), (1, 8, 5))),
    )
    weights = no_weights

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses unequal ranks, and a first matrix of other columns than the second has rows."""
        one, other = self.ranked(inputs)
        if len(one) == len(other) and one[-1] != other[-2]:
            refuse(
                Code.UNEQUAL_SHAPES,
                "`matmul` needs as many columns in the first as rows in the second",
                found=f"{spell(one)} and {spell(other)}: {one[-1]} columns, {other[-2]} rows",
                expected=f"{one[-1]} rows",
                help=f"`permute` turns {spell(other)}" if one[-1] == other[-1] else None,
            )
        rows = broadcast(self.op, (one[:-2], other[:-2])) if len(one) == len(other) else broadcast(self.op, inputs)
        return ((*rows, one[-2], other[-1]),)

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """One for each element and each of the places that its sum runs over."""
        return product(outputs[0]) * inputs[0][-1]

    def receptive_field(self, inputs: Shapes) -> Reach:
        """A row of one and a column of the other: along both axes an unknown part."""
        rank = len(inputs[0])
        return Reach(kept(rank, (rank - 2, rank - 1)).axes, (rank - 2, rank - 1))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Products of ``[B, n, k]`` and ``[B, k, m]``; matrices that are stretched are copied first."""
        one, other = inputs
        rows = tuple([max(pair) for pair in zip(one.shape[:-2], other.shape[:-2], strict=True)])
        found = operations.matrix_product(
            tape, _listed(tape, tape.lower(one), rows), _listed(tape, tape.lower(other), rows)
        )
        return (tape.reshape(found, (*rows, one.shape[-2], other.shape[-1])),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function."""
        return Function("torch.matmul")


def _listed(tape: Tape, x: TapeTensor, rows: tuple[int, ...]) -> TapeTensor:
    """Matrices as ``[B, n, k]``, stretched where they must be."""
    strides = [0 if size != whole else stride for size, whole, stride in zip(x.shape, rows, x.strides, strict=False)]
    whole = x.seen((*rows, *x.shape[-2:]), (*strides, *x.strides[-2:]))
    return tape.reshape(whole, (product(rows), *x.shape[-2:]))
