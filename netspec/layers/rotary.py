"""Rotary positions."""

from typing import ClassVar

from pydantic import Field

from netspec.autograd import Tape, TapeTensor, Tensors, Weights
from netspec.layers.base import Example, Shapes, Weightless, refuse_option
from netspec.layers.checks import above
from netspec.layers.ranks import Ranks
from netspec.layers.reach import Along, Reach
from netspec.program import Function


class Rotary(Weightless):
    """Each pair of features ``(a, b)``, turned by ``t base^(-2i / D)`` at place t: ``(a cos - b sin, b cos + a sin)``.

    Input and output ``[..., L, D]``: queries or keys, whose products then depend on how far apart they are (Su et al.,
    "RoFormer", 2021). Pair i is the features i and ``i + D / 2``, as in GPT-NeoX and Llama; with `interleaved`, 2i and
    ``2i + 1``, as in the paper and GPT-J.
    """

    op: ClassVar = "rotary"
    main: ClassVar = "base"
    ranks: ClassVar = Ranks(2, None, "takes places and features", "[..., length, features]", features_last=True)
    examples: ClassVar = (
        Example({}, ((4, 5, 8),)),
        Example({"base": 500000.0, "interleaved": True}, ((5, 6),)),
    )
    samples: ClassVar = {"base": (10000.0, 500000.0)}

    base: float = Field(10000.0, description="The ratio of the slowest turn to the fastest, nearly.")
    interleaved: bool = Field(False, description="Whether neighbours are a pair, and not the halves.")

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses features that make no pairs."""
        check_rotary("base", self.base, self.ranked(inputs)[0][-1])
        return inputs

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The features of its own place."""
        return Reach((*(Along(axis) for axis in range(len(inputs[0]) - 1)), None))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps the cosines and sines."""
        return (turned(tape, inputs[0], interleaved=self.interleaved),)

    def emit(self, inputs: Shapes) -> Function:
        """A function that built source carries along."""
        return Function("netspec.nn.rotary", (), *self.given_by_keyword())


def check_rotary(option: str, base: float, width: int) -> None:
    """Refuse a base that is not positive, and an odd number of features."""
    above(option, base, 0, ": wavelengths are powers of it")
    if width % 2 != 0:
        refuse_option(
            option, "rotary positions turn pairs of features", found=f"{width:d} features", expected="an even number"
        )


def turned(tape: Tape, x: TapeTensor, *, interleaved: bool) -> TapeTensor:
    """Products with cosines and sines of float32, which are kept in the input's type."""
    half = (*x.shape[:-1], x.shape[-1] // 2)
    length, pairs = half[-2:]
    with tape.function():
        tape.hold(x)
        rates = tape.operation([], (pairs,), dtype="int64")
        for _ in range(3):  # a division, a power and its inverse
            rates = tape.pointwise(rates, dtype="float32")
        places = tape.operation([], (length,), dtype="int64")
        angles = tape.operation([tape.hold(places), tape.hold(rates)], (length, pairs), dtype="float32")
        cos, sin = (tape.hold(tape.cast(tape.pointwise(tape.hold(angles)), x.dtype)) for _ in range(2))
        step = 2 if interleaved else 1
        one = other = x.seen(half, (*x.strides[:-1], step * x.strides[-1]))
        turns = ((tape.product(one, cos), tape.product(other, sin)) for _ in range(2))
        pair = [tape.hold(tape.pointwise(*each)) for each in turns]
        # Halves of one feature may be joined with their channels last, and are then copied.
        strides = None if interleaved else tape.image_strides(pair[0], x.shape)
        return tape.contiguous(tape.operation(pair, x.shape, strides=strides))
