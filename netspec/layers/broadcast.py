"""Broadcasting: shapes of equal rank that meet, axes of size 1 stretched to the others' size."""

from netspec.diagnostics import Code
from netspec.diagnostics.tensor_facts import Mend, Unequal
from netspec.layers.base import refuse
from netspec.shape import Shape, Shapes, spell, times


def broadcast(op: str, inputs: Shapes) -> Shape:
    """The shape in which inputs meet. Refuses unequal ranks, and sizes that neither agree nor are 1."""
    found = inputs[0]
    for at, shape in enumerate(inputs):
        if not meets(found, shape):
            refuse(
                Code.UNEQUAL_SHAPES,
                f"`{op}` needs inputs whose sizes agree or are 1",
                found=" and ".join(spell(s) for s in inputs),
                expected=f"sizes of {spell(found)}, or 1",
                help=_same_rank(found, shape),
                fact=Unequal(inputs, mend=_match(found, at, shape)),
            )
        found = stretched(found, shape)
    return found


def meets(one: Shape, other: Shape) -> bool:
    """Whether two shapes have equal ranks, and sizes that agree or are 1."""
    return len(one) == len(other) and all(map(_fits, one, other))


def stretched(one: Shape, other: Shape) -> Shape:
    """The shape in which two that meet do."""
    return tuple(map(_met, one, other))


def _fits(a: int, b: int) -> bool:
    return _is_one(a) or _is_one(b) or a == b or a == 1 or b == 1


def _met(a: int, b: int) -> int:
    if _is_one(a) or _is_one(b):
        return b if _is_one(a) else a
    return a if a == b or b == 1 else b


def _is_one(size: int) -> bool:
    """Whether a size is 1 whatever the inputs' sizes are, so that nothing is decided by the other's."""
    return type(size) is int and size == 1


def _same_rank(first: Shape, second: Shape) -> str | None:
    """Advice to give the input of fewer axes as many as the other."""
    if len(first) == len(second):
        return None
    short, rank = (first, len(second)) if len(first) < len(second) else (second, len(first))
    padded = spell((*short, *(1,) * (rank - len(short))))
    return f"`{{reshape: {padded}}}` gives {spell(short)} {rank} axes"


def _match(first: Shape, at: int, other: Shape) -> Mend | None:
    """Advice to make the shapes equal: a linear layer, or a convolution of 1."""
    if len(first) == len(other) <= 2 and first[:-1] == other[:-1]:
        return Mend(0, f"`{{linear: {other[-1]}}}` makes", spell(other))
    if len(first) == len(other) == 2 and first[1:] != other[1:]:
        return None  # a sequence of another length: a stride is seldom the reason
    for index, source, target in ((0, first, other), (at, other, first)):
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
