"""Normalisation over neighbouring channels."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise
from netspec.layers.checks import at_least
from netspec.layers.ranks import CHANNELS_AND_SPACE
from netspec.layers.reach import unfollowed
from netspec.layers.traits import ANYTHING, same_sign
from netspec.shape import product


class LocalResponseNorm(Weightless):
    """``x / (k + alpha / size * sum x^2)^beta``, the sum over `size` neighbouring channels.

    Input and output ``[C, *S]`` (Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
    neural networks", 2012, section 3.3, where alpha is not divided by the size), as torch.nn.LocalResponseNorm.
    """

    op: ClassVar = "local_response_norm"
    papers: ClassVar = "LRN"
    main: ClassVar = "size"
    target: ClassVar = "torch.nn.LocalResponseNorm"
    arguments: ClassVar = ("size",)
    ranks: ClassVar = CHANNELS_AND_SPACE.advising("`layer_norm` normalises vectors")
    examples: ClassVar = (
        Example({"size": 5}, ((6, 8, 8),)),
        Example({"size": 2, "alpha": 0.001, "beta": 0.5, "k": 2.0}, ((4, 7),)),
    )
    receptive_field = pointwise
    followed = unfollowed

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs without spatial axes."""
        at_least("size", self.size, 1)
        return self.ranked(inputs)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Bounds by the input's sign: the divisor is positive."""
        return same_sign(given[0]) if self.k > 0 and self.alpha >= 0 else ANYTHING

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The square keeps the input; the mean over channels, the power and the quotient keep their inputs."""
        (x,) = inputs
        square = tape.product(x, x)
        batch, channels, *size = square.shape
        stacked = tape.reshape(square, (batch, 1, channels, *((size[0], product(size[1:])) if size[1:] else size)))
        around = ((self.size // 2, (self.size - 1) // 2), *((0, 0) for _ in stacked.shape[3:]))
        padded = operations.pad(tape, stacked, around)
        if tape.device == "cpu" and len(padded.shape) == 5:
            padded = tape.float32(padded)  # autocast computes a mean over volumes in float32
        mean = operations.windows(tape, padded, stacked.shape, keeps=(padded,))
        base = tape.pointwise(tape.pointwise(tape.reshape(tape.hold(mean), square.shape)))
        if tape.device == "cuda":
            base = tape.float32(base)  # autocast computes powers in float32
        powered = tape.pointwise(base, keeps=(base,))
        return (tape.pointwise(x, powered, keeps=(x, powered)),)
