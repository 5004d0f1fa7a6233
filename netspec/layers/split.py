"""Layers that take parts of their input."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.checks import at_least, at_most, axis_of, within
from netspec.layers.reach import Along, Reach, kept
from netspec.layers.traits import as_input
from netspec.program import Function
from netspec.shape import Size, batched, replaced, spell

MOST_PARTS = 4096
"""The largest number of parts of one tensor."""


class _Parts(Weightless):
    """Layers that cut their input along `axis`."""

    dtype: ClassVar = "any"
    rearranges: ClassVar = True

    axis: int = 0

    def receptive_field(self, inputs: Shapes) -> Reach:
        """A part of the axis; one position of the others."""
        whole = kept(len(inputs[0]), (axis_of("axis", self.axis, inputs[0]),))
        return Reach(whole.axes, (axis_of("axis", self.axis, inputs[0]),))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Views of the input."""
        (x,) = inputs
        axis = axis_of("axis", self.axis, x.shape[1:])
        return tuple(tape.narrow(x, axis + 1, part[axis]) for part in self.infer((x.shape[1:],)))


class Chunk(_Parts):
    """`chunks` equal parts along `axis` (torch.chunk); the last is smaller where they do not divide the size.

    Input ``[n, *S]``, outputs ``[n / chunks, *S]`` each, for axis 0.
    """

    op: ClassVar = "chunk"
    main: ClassVar = "chunks"
    examples: ClassVar = (Example({"chunks": 2}, ((6, 4, 4),)), Example({"chunks": 3, "axis": -1}, ((2, 12),)))
    samples: ClassVar = {"axis": (0, -1, 1)}

    chunks: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses more parts than the axis gives."""
        axis = axis_of("axis", self.axis, inputs[0])
        at_least("chunks", self.chunks, 1)
        size = inputs[0][axis]
        part = (size + self.chunks - 1) // self.chunks
        if (size + part - 1) // part != self.chunks:
            refuse_option(
                "chunks",
                f"an axis of {size} does not make {self.chunks} chunks",
                found=f"{(size + part - 1) // part} parts of up to {part}",
                expected=f"a divisor of {size}",
            )
        at_most("chunks", self.chunks, MOST_PARTS, "parts")
        rest = size - part * (self.chunks - 1)
        sizes = (*((part,) * (self.chunks - 1)), rest)
        return tuple(replaced(inputs[0], axis, n) for n in sizes)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        return Function("torch.chunk", (), {"chunks": self.chunks, "dim": batched(self.axis)}, parts=True)


class Split(_Parts):
    """Parts of the given sizes along `axis`, or as many as there are of one size (torch.split).

    Input ``[n, *S]``, outputs ``[sizes_i, *S]`` for axis 0.
    """

    op: ClassVar = "split"
    slices: ClassVar = True
    main: ClassVar = "sizes"
    examples: ClassVar = (Example({"sizes": (2, 4)}, ((6, 4, 4),)), Example({"sizes": 4, "axis": -1}, ((2, 12),)))
    samples: ClassVar = {"axis": (0, -1, 1), "sizes": ((1, 1), (1, 2), (2, 2), (3, 5), (1, 3))}

    sizes: Size

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sizes that do not add up to the axis."""
        axis = axis_of("axis", self.axis, inputs[0])
        whole = inputs[0][axis]
        if isinstance(self.sizes, int):
            at_least("sizes", self.sizes, 1)
            count = (whole + self.sizes - 1) // self.sizes
            at_most("sizes", count, MOST_PARTS, "parts")
            sizes = (*((self.sizes,) * (count - 1)), whole - self.sizes * (count - 1))
        else:
            sizes = tuple(self.sizes)
            for size in sizes:
                at_least("sizes", size, 1)
            if sum(sizes) != whole:
                refuse(
                    Code.BAD_RESHAPE,
                    f"the sizes add up to {sum(sizes)}, axis {axis} has {whole}",
                    option="sizes",
                    found=f"{' + '.join(f'{size}' for size in sizes) or 0} = {sum(sizes)}",
                    expected=f"{whole}",
                    help=f"`sizes: {spell((*sizes, whole - sum(sizes)))}` covers the axis"
                    if sum(sizes) < whole
                    else None,
                )
        return tuple(replaced(inputs[0], axis, size) for size in sizes)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        sizes = self.sizes if isinstance(self.sizes, int) else [*self.sizes]  # torch's types take no tuple
        return Function("torch.split", (sizes,), {"dim": batched(self.axis)}, parts=True)


class Select(Weightless):
    """The part at `index` of `axis`, without that axis (torch.select); negative indices count from the end.

    Input ``[n, *S]``, output ``[*S]`` for axis 0.
    """

    op: ClassVar = "select"
    main: ClassVar = "index"
    dtype: ClassVar = "any"
    examples: ClassVar = (Example({"index": 0}, ((5, 16),)), Example({"index": -1, "axis": 1}, ((2, 3, 4),)))
    samples: ClassVar = {"axis": (0, -1, 1), "index": (0, -1)}
    bounds = as_input

    index: int
    axis: int = 0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an index beyond the axis."""
        axis = axis_of("axis", self.axis, inputs[0])
        size = inputs[0][axis]
        within("index", self.index, size, f"axis {axis} of {spell(inputs[0])} has no index {self.index}")
        return ((*inputs[0][:axis], *inputs[0][axis + 1 :]),)

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One index of the removed axis; one position of the others."""
        gone = axis_of("axis", self.axis, inputs[0])
        return Reach(tuple(Along(axis) for axis in range(len(inputs[0])) if axis != gone), (gone,))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the input."""
        (x,) = inputs
        return (tape.select(x, axis_of("axis", self.axis, x.shape[1:]) + 1),)

    def emit(self, inputs: Shapes) -> Function:
        """Torch's function; its axis counts the batch."""
        return Function("torch.select", (), {"dim": batched(self.axis), "index": self.index})
