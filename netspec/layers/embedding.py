"""Tables of vectors, and free parameters."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Weight, no_work, refuse, refuse_option
from netspec.layers.checks import at_least, unset, within
from netspec.layers.ranks import Ranks
from netspec.layers.reach import Along, Reach
from netspec.layers.remembers import result_shape
from netspec.program import Parameter
from netspec.shape import spell


class Embedding(Layer):
    """A table of `num` learned vectors of size `dim`, looked up by index, as torch.nn.Embedding.

    Input ``[*]`` of integers below `num`, output ``[*, dim]``. A lookup has no multiply-accumulates.
    """

    op: ClassVar = "embedding"
    target: ClassVar = "torch.nn.Embedding"
    arguments: ClassVar = ("num", "dim")
    main: ClassVar = "num"
    dtype: ClassVar = "int"
    out_dtype: ClassVar = "float"
    examples: ClassVar = (
        Example({"num": 100, "dim": 16}, ((7,),)),
        Example({"num": 10, "dim": 4, "padding_idx": 0, "max_norm": 1.0}, ((3, 5),)),
        Example({"num": 10, "dim": 4, "padding_idx": -1}, ((),)),
    )
    macs = no_work

    num: int
    dim: int
    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a padding index outside the table."""
        at_least("num", self.num, 1)
        at_least("dim", self.dim, 1)
        if not unset(self.padding_idx):
            index = self.padding_idx
            within("padding_idx", index, self.num, f"`padding_idx: {index}` is no row of a table of {self.num}")  # type: ignore[arg-type]
        return ((*inputs[0], self.dim),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [num, dim]``."""
        return {"weight": Weight((self.num, self.dim))}

    @property
    def index_bound(self) -> int:
        """The number of rows of the table."""
        return self.num

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One index; the vector's axis is new."""
        return Reach((*(Along(axis) for axis in range(len(inputs[0]))), None))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the indices; the function that bounds norms needs them in order."""
        (x,) = inputs
        if not unset(self.max_norm):
            x = tape.contiguous(x)
        return (tape.operation([weights["weight"]], result_shape(self, tape, x), keeps=(x,)),)


class PositionEmbedding(Layer):
    """A table of `num` learned vectors of size `dim`: the first L of them, for a sequence of L places.

    Input ``[L, *S]``, of which the length alone is read, output ``[L, dim]``, the same for each example (Gehring et
    al., "Convolutional sequence to sequence learning", 2017). Sequences may be shorter than the table, not longer.
    """

    op: ClassVar = "position_embedding"
    target: ClassVar = "netspec.nn.PositionEmbedding"
    arguments: ClassVar = ("num", "dim")
    main: ClassVar = "num"
    dtype: ClassVar = "any"
    out_dtype: ClassVar = "float"
    ranks: ClassVar = Ranks(1, None, "takes a sequence", "[length] or [length, ...]")
    examples: ClassVar = (Example({"num": 12, "dim": 16}, ((7,),)), Example({"num": 9, "dim": 4}, ((9, 5),)))
    samples: ClassVar = {"num": (9, 12)}
    macs = no_work
    keeps_past: ClassVar = True

    num: int
    dim: int

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sequences for which there are too few vectors."""
        at_least("num", self.num, 1)
        at_least("dim", self.dim, 1)
        length = self.ranked(inputs)[0][0]
        if length > self.num:
            refuse_option(
                "num",
                f"there are {self.num:d} positions for a sequence of {length:d}",
                found=f"{self.num:d}",
                expected=f"{length:d} or more",
            )
        return ((length, self.dim),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [num, dim]``."""
        return {"weight": Weight((self.num, self.dim))}

    def receptive_field(self, inputs: Shapes) -> Reach:
        """Its own place, though not what stands there."""
        return Reach((Along(0), None))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the weights, the same for each example."""
        rows = tape.narrow(weights["weight"], 0, inputs[0].shape[1])
        return (rows.seen((tape.batch, *rows.shape), (0, *rows.strides)),)


class FreeParameter(Layer):
    """A learned tensor of its own, without input: zeros of ``shape`` until trained.

    It is kept as ``[1, *shape]`` under its own path and expanded to the batch, as a class token or a position
    embedding is (Dosovitskiy et al., "An image is worth 16x16 words", 2021). `init` sets other first values.
    """

    op: ClassVar = "parameter"
    sizeless: ClassVar = (
        "`position_embedding` is a learned table for any length up to its own; "
        "`{slice: , from: [table, words]}` is as much of a table as `words` is long"
    )
    main: ClassVar = "shape"
    arity: ClassVar = (0, 0)
    out_dtype: ClassVar = "float"
    examples: ClassVar = (Example({"shape": (1, 16)}), Example({"shape": (4,)}), Example({"shape": ()}))
    samples: ClassVar = {"shape": ((2, 3), (1,), (2, 2, 2), (0, 2), (3, -1))}
    macs = no_work

    shape: tuple[int, ...]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses sizes below 1."""
        for size in self.shape:
            if size < 1:
                refuse(
                    Code.EMPTY_OUTPUT,
                    "a parameter needs positive sizes",
                    option="shape",
                    found=spell(tuple(self.shape)),
                    expected="sizes of at least 1",
                )
        return (tuple(self.shape),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """The tensor itself, which has no name below its path."""
        return {"": Weight((1, *self.shape), fans=())}

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A view of the weights, the same for each example."""
        (values,) = weights.values()
        return (values.seen((tape.batch, *values.shape[1:]), (0, *values.strides[1:])),)

    def emit(self, inputs: Shapes) -> Parameter:
        """The expression for its first values."""
        return Parameter("torch.zeros", (1, *self.shape))

    def type_name(self, inputs: Shapes) -> str:
        """Torch's name for it."""
        return "Parameter"
