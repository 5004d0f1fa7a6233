"""Activations that are linear on either side of zero."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics.facts import OutOfRange
from netspec.layers.activation import Clipping, Rectifying
from netspec.layers.base import Example, Shapes, Weight, refuse_option
from netspec.layers.remembers import keeps_output
from netspec.layers.traits import NEVER_NEGATIVE, always


class Relu(Clipping):
    """``max(x, 0)`` (Nair and Hinton, 2010); torch.nn.ReLU. Any shape, which it keeps."""

    op: ClassVar = "relu"
    target: ClassVar = "torch.nn.ReLU"
    record = keeps_output
    function: ClassVar = "torch.nn.functional.relu"
    unchanged = always(NEVER_NEGATIVE)


class Relu6(Clipping):
    """``min(max(x, 0), 6)`` (Krizhevsky, 2010); torch.nn.ReLU6. Any shape, which it keeps."""

    op: ClassVar = "relu6"
    target: ClassVar = "torch.nn.ReLU6"
    function: ClassVar = "torch.nn.functional.relu6"
    unchanged = always((0.0, 6.0))


class LeakyRelu(Rectifying):
    """``max(x, 0) + negative_slope min(x, 0)`` (Maas, Hannun and Ng, 2013); torch.nn.LeakyReLU. Keeps the shape."""

    op: ClassVar = "leaky_relu"
    main: ClassVar = "negative_slope"
    target: ClassVar = "torch.nn.LeakyReLU"
    function: ClassVar = "torch.nn.functional.leaky_relu"

    negative_slope: float = 0.01


class Prelu(Rectifying):
    """``max(x, 0) + weight min(x, 0)`` with a learned slope, one or one per channel; torch.nn.PReLU.

    Input and output ``[C, *S]`` (He et al., "Delving deep into rectifiers", 2015).
    """

    op: ClassVar = "prelu"
    main: ClassVar = "num_parameters"
    target: ClassVar = "torch.nn.PReLU"
    examples: ClassVar = (Example({}, ((6, 4, 4),)), Example({"num_parameters": 6}, ((6, 4, 4),)))
    samples: ClassVar = {"num_parameters": (1, 2, 3)}

    num_parameters: int = 1

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses any number of slopes but 1 and the channels."""
        shape = inputs[0]
        channels = shape[0] if shape else 1
        if self.num_parameters != 1 and self.num_parameters != channels:
            refuse_option(
                "num_parameters",
                f"{self.num_parameters} slopes do not fit {channels} channels",
                found=f"{self.num_parameters}",
                expected=f"1 or {channels}" if channels != 1 else "1",
                help="`num_parameters: $x.channels` learns one slope per channel",
            )
        return inputs

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [num_parameters]``."""
        return {"weight": Weight((self.num_parameters,))}

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A kernel of its own, which keeps the input and the slopes, one for each channel."""
        x, slopes = tape.lower(inputs[0]), tape.lower(weights["weight"])
        shaped = slopes.seen((1, slopes.numel, *(1 for _ in x.shape[2:])), (slopes.numel, *(1 for _ in x.shape[1:])))
        return (tape.pointwise(x, shaped, keeps=(x, shaped)),)


class Rrelu(Rectifying):
    """``max(x, 0) + a min(x, 0)``, a drawn from ``[lower, upper]`` in training, their mean after; torch.nn.RReLU.

    Keeps the shape (Xu et al., "Empirical evaluation of rectified activations", 2015). It depends on the training
    mode, so that it has a place of its own and is no `activation` of another entry.
    """

    op: ClassVar = "rrelu"
    target: ClassVar = "torch.nn.RReLU"

    lower: float = 1.0 / 8
    upper: float = 1.0 / 3

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an empty range."""
        if self.lower > self.upper:
            refuse_option(
                "lower",
                "`lower` exceeds `upper`",
                found=f"{self.lower} > {self.upper}",
                fact=OutOfRange("lower", most=self.upper),
            )
        return inputs

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input and, in training, the slopes drawn for each element."""
        (x,) = inputs
        drawn = (tape.tensor(x.shape, x.dtype),) if tape.training else ()
        return (tape.operation([x], x.shape, keeps=(x,), extra=drawn),)
