"""Layers that drop parts of their input in training."""

from typing import ClassVar, Literal

from netspec.autograd import Tape, TapeTensor, Tensors, Weights, operations
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise
from netspec.layers.checks import probability
from netspec.layers.ranks import CHANNELS, SPATIAL


class _Dropout(Weightless):
    main: ClassVar = "p"
    acts_in_training: ClassVar = True
    whole_channels: ClassVar[bool] = False
    examples: ClassVar = (Example({}, ((6, 4, 4),)), Example({"p": 0.2}, ((10,),)))
    receptive_field = pointwise

    p: float = 0.5

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a `p` that is no probability."""
        probability("p", self.p)
        return self.ranked(inputs)

    def why_constant(self, inputs: Shapes) -> str | None:
        """The reason where `p` is 1: everything is dropped."""
        return "`p: 1` drops everything in training" if self.p == 1 else None

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """In training it keeps the factors that it multiplies by."""
        (x,) = inputs
        if not tape.training or self.p == 0:
            return (x,)
        if self.p == 1:
            return (tape.pointwise(x, extra=(tape.tensor((), x.dtype),)),)
        return (tape.pointwise(x, extra=(self._mask(tape, x),)),)

    def _mask(self, tape: Tape, x: TapeTensor) -> TapeTensor:
        """The random factors: one for each element, or for each channel."""
        return tape.tensor(x.shape[:2] if self.whole_channels else x.shape, x.dtype)


class _Zeroing(_Dropout):
    """Dropped elements become 0, the others grow by ``1 / (1 - p)``."""

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """0, the input's bounds, and the grown bounds."""
        scale = 1 / (1 - self.p) if self.p < 1 else 1.0
        low, high = given[0]
        return min(0.0, low * scale), max(0.0, high * scale)


class Dropout(_Zeroing):
    """In training, sets elements to 0 with probability `p` and scales the others by ``1 / (1 - p)``; torch.nn.Dropout.

    Any shape, which it keeps (Srivastava et al., "Dropout", 2014).
    """

    op: ClassVar = "dropout"
    target: ClassVar = "torch.nn.Dropout"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """In training it keeps the factors that it multiplies by."""
        return (operations.dropped(tape, inputs[0], self.p),)


class SpatialDropout(_Zeroing):
    """Dropout of whole channels, as torch.nn.Dropout1d, Dropout2d or Dropout3d.

    Input and output ``[C, *S]`` (Tompson et al., "Efficient object localization using convolutional networks", 2015).
    """

    op: ClassVar = "spatial_dropout"
    target: ClassVar = "torch.nn.Dropout{}d"
    ranks: ClassVar = SPATIAL.advising("`dropout` takes any shape")
    examples: ClassVar = (Example({}, ((6, 4, 4),)), Example({"p": 0.2}, ((10, 3),)))
    whole_channels: ClassVar = True


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance, for `selu`; torch.nn.AlphaDropout. Any shape, which it keeps.

    Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    op: ClassVar = "alpha_dropout"
    target: ClassVar = "torch.nn.AlphaDropout"


class FeatureAlphaDropout(_Dropout):
    """Alpha dropout of whole channels; torch.nn.FeatureAlphaDropout. Input and output ``[C, *S]``."""

    op: ClassVar = "feature_alpha_dropout"
    ranks: ClassVar = CHANNELS.advising("`alpha_dropout` takes any shape")
    target: ClassVar = "torch.nn.FeatureAlphaDropout"
    whole_channels: ClassVar = True


class StochasticDepth(_Zeroing):
    """In training, sets a whole example to 0 with probability `p` and scales those that survive by ``1 / (1 - p)``.

    The last entry of a residual's body, so that the shortcut alone is left of a block that is dropped. `mode: batch`
    draws once for all examples, not for each (`row`). Any shape, which it keeps (Huang et al., "Deep networks with
    stochastic depth", 2016); as torchvision.ops.StochasticDepth.
    """

    op: ClassVar = "stochastic_depth"
    target: ClassVar = "netspec.nn.StochasticDepth"
    examples: ClassVar = (Example({"p": 0.2}, ((6, 4, 4),)), Example({"p": 0.1, "mode": "batch"}, ((5, 16),)))

    p: float
    mode: Literal["row", "batch"] = "row"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """In training it keeps a number for each example, or one for all."""
        (x,) = inputs
        if not tape.training or self.p == 0:
            return (x,)
        rows = tape.batch if self.mode == "row" else 1
        return (tape.pointwise(x, extra=(tape.tensor((rows,), x.dtype),)),)
