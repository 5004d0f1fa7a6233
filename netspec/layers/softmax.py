"""Activations along an axis."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Missing
from netspec.layers.base import Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.checks import axis_of, unset
from netspec.layers.reach import Along, Mixed, Reach, kept
from netspec.layers.remembers import result_shape
from netspec.layers.traits import NEVER_POSITIVE, always
from netspec.program import Call, Function
from netspec.shape import batched, replaced, spell


class _AlongAxis(Weightless):
    """An activation along `axis`, which may be left out where only one axis makes sense.

    That is axis 0, the channels, of a vector and of ``[C, H, W]`` and more. ``[A, B]`` may be channels of a signal
    or a sequence of features, so it needs `axis`.
    """

    main: ClassVar = "axis"
    examples: ClassVar = (Example({}, ((10,),)), Example({"axis": -1}, ((6, 4),)), Example({"axis": 0}, ((6, 4, 4),)))
    samples: ClassVar = {"axis": (0, -1, 1, -2)}

    axis: int | None = None

    def _axis(self, inputs: Shapes) -> int:
        """The axis counted from the front."""
        if not unset(self.axis):
            return axis_of("axis", self.axis, inputs[0])  # type: ignore[arg-type]
        if len(inputs[0]) == 2:
            refuse(
                Code.MISSING_OPTION,
                f"`{self.op}` must say its `axis` for an input of two axes",
                option="axis",
                found=spell(inputs[0]),
                expected="`axis: 0` or `axis: -1`",
                help="`axis: -1` for a sequence of features, `axis: 0` for channels of a signal",
                fact=Missing("axis", self.op),
            )
        return axis_of("axis", 0, inputs[0])

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis that the input lacks."""
        self._axis(inputs)
        return inputs

    def receptive_field(self, inputs: Shapes) -> Reach:
        """The whole of its axis, one position of the others."""
        return kept(len(inputs[0]), (self._axis(inputs),))

    def _dim(self) -> int:
        return 1 if unset(self.axis) else batched(self.axis)  # type: ignore[arg-type]

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its output."""
        x = tape.full(inputs[0])
        return (tape.operation([x], x.shape, keeps_output=True),)

    def emit(self, inputs: Shapes) -> Call:
        return Call(self.target, (), {"dim": self._dim()})

    def emit_function(self) -> Function:
        return Function(str(self.function), (), {"dim": self._dim()})


def _alone(layer: _AlongAxis, inputs: Shapes, /) -> str | None:
    """The reason where the axis has one element, whose probability is 1."""
    return f"a {layer.op} over an axis of size 1" if inputs[0][layer._axis(inputs)] == 1 else None


class _Probabilities(_AlongAxis):
    """Positive numbers that add up to 1 along the axis."""

    gives_probabilities: ClassVar = True
    bounds = always((0.0, 1.0))
    why_constant = _alone


class Softmax(_Probabilities):
    """``exp(x_i) / sum_j exp(x_j)`` along `axis`; torch.nn.Softmax. Keeps the shape.

    `axis` counts the shape without the batch and may be left out but for inputs of two axes; it is then 0, the
    channels (Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990).
    """

    op: ClassVar = "softmax"
    target: ClassVar = "torch.nn.Softmax"
    function: ClassVar = "torch.nn.functional.softmax"


class LogSoftmax(_AlongAxis):
    """``x_i - log(sum_j exp(x_j))`` along `axis`, chosen as in `softmax`; torch.nn.LogSoftmax. Keeps the shape."""

    op: ClassVar = "log_softmax"
    target: ClassVar = "torch.nn.LogSoftmax"
    function: ClassVar = "torch.nn.functional.log_softmax"
    bounds = always(NEVER_POSITIVE)
    why_constant = _alone


class Softmin(_Probabilities):
    """``exp(-x_i) / sum_j exp(-x_j)`` along `axis`, chosen as in `softmax`; torch.nn.Softmin. Keeps the shape."""

    op: ClassVar = "softmin"
    target: ClassVar = "torch.nn.Softmin"
    function: ClassVar = "torch.nn.functional.softmin"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A softmax of the input with its sign changed."""
        return super().record(tape, (tape.pointwise(*inputs),), weights)


class Glu(_AlongAxis):
    """``a sigmoid(b)``, a and b the halves of the input along `axis`, chosen as in `softmax`; torch.nn.GLU.

    Input ``[..., 2n, ...]``, output ``[..., n, ...]`` (Dauphin et al., "Language modeling with gated convolutional
    networks", 2017).
    """

    op: ClassVar = "glu"
    target: ClassVar = "torch.nn.GLU"
    function: ClassVar = "torch.nn.functional.glu"

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One position, of two along its axis."""
        halved = self._axis(inputs)
        return Reach(tuple(Mixed((axis,)) if axis == halved else Along(axis) for axis in range(len(inputs[0]))))

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an axis of odd size."""
        axis = self._axis(inputs)
        size = inputs[0][axis]
        if size % 2 != 0:
            refuse_option(
                "axis",
                f"`glu` halves an axis, and {size} is odd",
                found=f"axis {axis} of {spell(inputs[0])}",
                expected="an even size",
                help=f"let the layer before give {size - 1} or {size + 1}"
                if size > 1
                else "let the layer before give 2",
            )
        return (replaced(inputs[0], axis, size // 2),)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input."""
        (x,) = inputs
        half = x.seen(result_shape(self, tape, x), x.strides)
        return (tape.pointwise(half, keeps=(x,)),)
