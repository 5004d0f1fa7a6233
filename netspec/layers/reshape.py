"""Layers that change the shape and keep the elements."""

from typing import ClassVar

from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse
from netspec.layers.checks import axis_of
from netspec.layers.ranks import Ranks
from netspec.layers.reach import Along, Mixed, Reach
from netspec.layers.remembers import reshaped
from netspec.program import Call
from netspec.shape import Shape, batched, product, spell


class _Reordering(Weightless):
    """Layers whose output axes are not the input's."""

    dtype: ClassVar = "any"
    rearranges: ClassVar = True
    record = reshaped

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element, in an unspecified place."""
        everywhere = Mixed(tuple(range(len(inputs[0]))))
        return Reach((everywhere,) * len(self.infer(inputs)[0]))


def fill(option: str, shape: Shape, elements: int, what: str) -> Shape:
    """`shape` with its -1 worked out; refuses one that does not hold `elements`."""
    free = [axis for axis, size in enumerate(shape) if size == -1]
    known = product(tuple(size for size in shape if size != -1))
    if len(free) > 1 or any(size < 1 and size != -1 for size in shape):
        refuse(
            Code.BAD_RESHAPE,
            f"`{option}` takes positive sizes, and -1 once at most",
            option=option,
            found=spell(shape),
            expected=f"sizes whose product is {elements}",
        )
    if elements % known != 0 if free else elements != known:
        remainder = f", {elements // known} x {known} + {elements % known}" if free else ""
        refuse(
            Code.BAD_RESHAPE,
            f"{what} has {elements} elements, {spell(shape)} {'takes a multiple of' if free else 'has'} {known}",
            option=option,
            found=f"{elements}{remainder}",
            expected=f"a product of {elements}",
            help=_reshape_help(option, shape, elements),
        )
    return tuple(elements // known if size == -1 else size for size in shape)


def _reshape_help(option: str, shape: Shape, elements: int) -> str:
    rest = product(tuple(size for size in shape[1:] if size != -1))
    if -1 not in shape and elements % rest == 0:
        return f"`{option}: {spell((elements // rest, *shape[1:]))}` holds {elements}"
    return f"`{option}: [-1]` holds any number of elements"


class Flatten(_Reordering):
    """Joins the axes from `start_axis` to `end_axis` into one, as torch.nn.Flatten; all of them unless told.

    Input ``[..., a, ..., b, ...]``, output ``[..., a ... b, ...]``.
    """

    op: ClassVar = "flatten"
    target: ClassVar = "torch.nn.Flatten"
    ranks: ClassVar = Ranks(1, None, "joins axes, and the input has none", "at least one axis")
    examples: ClassVar = (
        Example({}, ((16, 5, 5),)),
        Example({"start_axis": 1}, ((4, 3, 2),)),
        Example({"end_axis": -2}, ((4, 3, 2),)),
    )
    samples: ClassVar = {"start_axis": (0, 1, -2), "end_axis": (-1, -2, 1)}

    start_axis: int = 0
    end_axis: int = -1

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses axes that the input lacks or that are out of order."""
        (shape,) = self.ranked(inputs)
        start, end = axis_of("start_axis", self.start_axis, shape), axis_of("end_axis", self.end_axis, shape)
        if start > end:
            refuse(
                Code.BAD_AXIS,
                "`start_axis` comes after `end_axis`",
                option="start_axis",
                found=f"{start} after {end} in {spell(shape)}",
                expected=f"at most {end}",
            )
        return ((*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element; the joined elements lie along one axis."""
        shape = inputs[0]
        start, end = axis_of("start_axis", self.start_axis, shape), axis_of("end_axis", self.end_axis, shape)
        before, after = range(start), range(end + 1, len(shape))
        joined = Along(start) if start == end else Mixed(tuple(range(start, end + 1)))
        return Reach((*(Along(axis) for axis in before), joined, *(Along(axis) for axis in after)))

    def emit(self, inputs: Shapes) -> Call:
        """Torch's flattening; its axes count the batch."""
        options = {"start_dim": batched(self.start_axis), "end_dim": batched(self.end_axis)}
        return Call(self.target, (), options, {"start_dim": 1, "end_dim": -1})


class Unflatten(_Reordering):
    """Splits the axis `axis` into axes of sizes `shape`, one of which may be -1, as torch.nn.Unflatten.

    Input ``[..., n, ...]``, output ``[..., *shape, ...]`` with a product of n.
    """

    op: ClassVar = "unflatten"
    target: ClassVar = "torch.nn.Unflatten"
    main: ClassVar = "shape"
    examples: ClassVar = (
        Example({"shape": (4, -1)}, ((16,),)),
        Example({"shape": (2, 3), "axis": -1}, ((5, 6),)),
        Example({"shape": (2, 3), "axis": 0}, ((6, 4, 4),)),
    )
    samples: ClassVar = {"shape": ((2, -1), (-1,), (-1, 1), (1, -1, 2)), "axis": (0, -1)}

    shape: tuple[int, ...]
    axis: int = 0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sizes that do not hold the axis."""
        axis = axis_of("axis", self.axis, inputs[0])
        if not tuple(self.shape):
            refuse(
                Code.BAD_RESHAPE,
                "`shape` needs one size at least",
                option="shape",
                found="[]",
                expected=f"sizes whose product is {inputs[0][axis]}",
            )
        found = fill("shape", tuple(self.shape), inputs[0][axis], f"axis {axis} of {spell(inputs[0])}")
        return ((*inputs[0][:axis], *found, *inputs[0][axis + 1 :]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One element; the split elements lie along several axes."""
        split = axis_of("axis", self.axis, inputs[0])
        before, after = range(split), range(split + 1, len(inputs[0]))
        parts = (Mixed((split,)),) * len(tuple(self.shape))
        return Reach((*(Along(axis) for axis in before), *parts, *(Along(axis) for axis in after)))

    def emit(self, inputs: Shapes) -> Call:
        """Torch's unflattening; its axis counts the batch."""
        return Call(self.target, (batched(self.axis), self.shape))


class Reshape(_Reordering):
    """The same elements, in order, in another shape; one size may be -1.

    Input of any shape, output ``shape`` (torch.Tensor.reshape, the batch kept).
    """

    op: ClassVar = "reshape"
    target: ClassVar = "netspec.nn.Reshape"
    arguments: ClassVar = ("shape",)
    main: ClassVar = "shape"
    examples: ClassVar = (
        Example({"shape": (1, 28, 28)}, ((784,),)),
        Example({"shape": (4, -1)}, ((4, 3, 2),)),
        Example({"shape": (-1,)}, ((4, 3, 2),)),
    )
    samples: ClassVar = {"shape": ((-1,), (2, -1), (-1, 1), (1, -1, 1), (-1, 3), (4,), (-1, -1), (5, -1))}

    shape: tuple[int, ...]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a shape of another number of elements."""
        return (fill("shape", tuple(self.shape), product(inputs[0]), spell(inputs[0])),)
