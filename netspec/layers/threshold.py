"""Activations made of pieces: shrinking, clipping and thresholds."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.activation import Activation, Clipping
from netspec.layers.base import Bounds, Example, Shapes, refuse_option
from netspec.layers.checks import at_least


class Softshrink(Activation):
    """``x - lambd`` above lambd, ``x + lambd`` below -lambd, else 0; torch.nn.Softshrink. Keeps the shape."""

    op: ClassVar = "softshrink"
    main: ClassVar = "lambd"
    target: ClassVar = "torch.nn.Softshrink"
    function: ClassVar = "torch.nn.functional.softshrink"

    lambd: float = 0.5

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a negative `lambd`."""
        at_least("lambd", self.lambd, 0)
        return inputs


class Hardshrink(Activation):
    """``x`` where ``|x| > lambd``, else 0; torch.nn.Hardshrink. Keeps the shape."""

    op: ClassVar = "hardshrink"
    main: ClassVar = "lambd"
    target: ClassVar = "torch.nn.Hardshrink"
    function: ClassVar = "torch.nn.functional.hardshrink"

    lambd: float = 0.5


class Tanhshrink(Activation):
    """``x - tanh(x)``; torch.nn.Tanhshrink. Keeps the shape."""

    op: ClassVar = "tanhshrink"
    target: ClassVar = "torch.nn.Tanhshrink"
    function: ClassVar = "torch.nn.functional.tanhshrink"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The difference keeps nothing, the hyperbolic tangent keeps its output."""
        (x,) = inputs
        return (tape.pointwise(x, tape.pointwise(x, keeps_output=True)),)


class Hardtanh(Clipping):
    """``x`` clipped to ``[min_val, max_val]``; torch.nn.Hardtanh. Keeps the shape."""

    op: ClassVar = "hardtanh"
    target: ClassVar = "torch.nn.Hardtanh"
    function: ClassVar = "torch.nn.functional.hardtanh"

    min_val: float = -1.0
    max_val: float = 1.0

    def unchanged(self, inputs: Shapes) -> Bounds:
        """The range that is not clipped."""
        return self.min_val, self.max_val

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an empty range."""
        if self.max_val <= self.min_val:
            refuse_option(
                "max_val",
                "`max_val` must exceed `min_val`",
                found=f"[{self.min_val}, {self.max_val}]",
                expected=f"more than {self.min_val}",
            )
        return inputs


class Hardswish(Activation):
    """``x min(max(x + 3, 0), 6) / 6`` (Howard et al., "Searching for MobileNetV3", 2019); torch.nn.Hardswish.

    Keeps the shape.
    """

    op: ClassVar = "hardswish"
    target: ClassVar = "torch.nn.Hardswish"
    function: ClassVar = "torch.nn.functional.hardswish"


class Hardsigmoid(Activation):
    """``min(max(x + 3, 0), 6) / 6``; torch.nn.Hardsigmoid. Keeps the shape."""

    op: ClassVar = "hardsigmoid"
    target: ClassVar = "torch.nn.Hardsigmoid"
    image: ClassVar = (0.0, 1.0)
    function: ClassVar = "torch.nn.functional.hardsigmoid"


class Threshold(Activation):
    """``x`` above `threshold`, else `value`; torch.nn.Threshold. Keeps the shape."""

    op: ClassVar = "threshold"
    main: ClassVar = "threshold"
    target: ClassVar = "torch.nn.Threshold"
    function: ClassVar = "torch.nn.functional.threshold"
    examples: ClassVar = (Example({"threshold": 0.1, "value": 0.0}, ((6, 4, 4),)),)

    threshold: float
    value: float
