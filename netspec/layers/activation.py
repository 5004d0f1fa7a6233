"""Activations: one number in, one number out."""

from typing import ClassVar, Literal

from netspec.autograd import Tape, Tensors, Weights
from netspec.layers.base import Bounds, Example, Shapes, Weightless, pointwise
from netspec.layers.checks import nonzero
from netspec.layers.remembers import keeps_input, keeps_output
from netspec.layers.traits import ANYTHING, NEVER_NEGATIVE, NEVER_POSITIVE, always, clipped, within
from netspec.program import Function

ANY_SHAPE = (Example({}, ((6, 4, 4),)), Example({}, ((10,),)))


class Activation(Weightless):
    """Base of activations: torch's class in `target`, its arguments in the fields, which bear torch's names.

    `image` gives the bounds of all results.

    An activation's field is keyword, default and documentation at once, so that most need no more than a formula.
    """

    image: ClassVar[Bounds] = ANYTHING
    examples: ClassVar[tuple[Example, ...]] = ANY_SHAPE
    record = keeps_input
    receptive_field = pointwise

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The bounds of all results, unless the input is returned unchanged."""
        return given[0] if within(given[0], self.unchanged(inputs)) else self.image

    def emit_function(self) -> Function:
        if self.function is None:
            return super().emit_function()
        return Function(self.function, (), *self.given_by_keyword())


class Clipping(Activation):
    """Activations that clip the input; values between the ends are unchanged."""

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The ends, clipped."""
        return clipped(given[0], self.unchanged(inputs) or ANYTHING)


class Rectifying(Activation):
    """Activations that return values of at least 0 unchanged."""

    unchanged = always(NEVER_NEGATIVE)


class Elu(Rectifying):
    """``x`` above 0, ``alpha (exp(x) - 1)`` below (Clevert et al., 2016); torch.nn.ELU. Keeps the shape."""

    op: ClassVar = "elu"
    main: ClassVar = "alpha"
    target: ClassVar = "torch.nn.ELU"
    function: ClassVar = "torch.nn.functional.elu"

    alpha: float = 1.0


class Selu(Activation):
    """``scale (max(x, 0) + min(alpha (exp(x) - 1), 0))`` with fixed constants; torch.nn.SELU. Keeps the shape.

    Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    op: ClassVar = "selu"
    target: ClassVar = "torch.nn.SELU"
    function: ClassVar = "torch.nn.functional.selu"


class Celu(Rectifying):
    """``max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)`` (Barron, 2017); torch.nn.CELU. Keeps the shape."""

    op: ClassVar = "celu"
    main: ClassVar = "alpha"
    target: ClassVar = "torch.nn.CELU"
    function: ClassVar = "torch.nn.functional.celu"

    alpha: float = 1.0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an alpha of 0, since the formula divides by it."""
        nonzero("alpha", self.alpha, ": the formula divides by it", "`relu` is the limit for small `alpha`")
        return inputs


class Gelu(Activation):
    """``x Phi(x)``, Phi the normal distribution, or its tanh approximation; torch.nn.GELU. Keeps the shape.

    Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    op: ClassVar = "gelu"
    main: ClassVar = "approximate"
    target: ClassVar = "torch.nn.GELU"
    function: ClassVar = "torch.nn.functional.gelu"

    approximate: Literal["none", "tanh"] = "none"


class Silu(Activation):
    """``x sigmoid(x)``, also called swish (Ramachandran et al., 2017); torch.nn.SiLU. Keeps the shape."""

    op: ClassVar = "silu"
    target: ClassVar = "torch.nn.SiLU"
    function: ClassVar = "torch.nn.functional.silu"


class Mish(Activation):
    """``x tanh(softplus(x))`` (Misra, 2019); torch.nn.Mish. Keeps the shape."""

    op: ClassVar = "mish"
    target: ClassVar = "torch.nn.Mish"
    function: ClassVar = "torch.nn.functional.mish"


class Softplus(Activation):
    """``log(1 + exp(beta x)) / beta``, linear above ``threshold / beta``; torch.nn.Softplus. Keeps the shape.

    Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2000.
    """

    op: ClassVar = "softplus"
    target: ClassVar = "torch.nn.Softplus"
    function: ClassVar = "torch.nn.functional.softplus"

    beta: float = 1.0
    threshold: float = 20.0

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """Bounds by the sign of `beta`; none where a negative threshold leaves numbers of the other sign."""
        if self.beta == 0 or self.threshold < 0:
            return ANYTHING
        return NEVER_NEGATIVE if self.beta > 0 else NEVER_POSITIVE


class Softsign(Activation):
    """``x / (1 + |x|)``; torch.nn.Softsign. Keeps the shape."""

    op: ClassVar = "softsign"
    target: ClassVar = "torch.nn.Softsign"
    image: ClassVar = (-1.0, 1.0)
    function: ClassVar = "torch.nn.functional.softsign"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """``|x|`` keeps the input, the quotient keeps both of its terms."""
        (x,) = inputs
        size = tape.pointwise(x, keeps=(x,))
        above = tape.pointwise(size)
        return (tape.pointwise(x, above, keeps=(x, above)),)


class Tanh(Activation):
    """``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``; torch.nn.Tanh. Keeps the shape."""

    op: ClassVar = "tanh"
    target: ClassVar = "torch.nn.Tanh"
    image: ClassVar = (-1.0, 1.0)
    record = keeps_output
    function: ClassVar = "torch.tanh"


class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``; torch.nn.Sigmoid. Keeps the shape."""

    op: ClassVar = "sigmoid"
    target: ClassVar = "torch.nn.Sigmoid"
    image: ClassVar = (0.0, 1.0)
    record = keeps_output
    function: ClassVar = "torch.sigmoid"


class LogSigmoid(Activation):
    """``log(1 / (1 + exp(-x)))``; torch.nn.LogSigmoid. Keeps the shape."""

    op: ClassVar = "log_sigmoid"
    target: ClassVar = "torch.nn.LogSigmoid"
    image: ClassVar = NEVER_POSITIVE
    function: ClassVar = "torch.nn.functional.logsigmoid"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Keeps its input; on the CPU it keeps the exponential, too."""
        (x,) = inputs
        buffer = (tape.tensor(x.shape, x.dtype),) if tape.device == "cpu" else ()
        return (tape.operation([x], x.shape, keeps=(x,), extra=buffer),)
