"""Parts of LeCun's networks: trainable subsampling, the scaled hyperbolic tangent, radial basis functions.

The source of all three is LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", 1998, section II.B and appendix A.
"""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.activation import Activation
from netspec.layers.base import Example, Layer, Shapes, Weight, features, refuse_option, tensors
from netspec.layers.checks import at_least, sizes, unset
from netspec.layers.pool_window import SlidingWindow
from netspec.layers.ranks import FEATURES, SPATIAL
from netspec.layers.reach import whole_vector
from netspec.layers.traits import NEVER_NEGATIVE, always
from netspec.program import Call
from netspec.shape import product

Center = str | tuple[float, ...]


class ScaledTanh(Activation):
    """``A tanh(S x)``, with `amplitude` A and `slope` S. Keeps the shape.

    With the numbers that LeCun chose, it gives 1 for 1 and -1 for -1, where its curvature is greatest.
    """

    op: ClassVar = "scaled_tanh"
    target: ClassVar = "netspec.nn.ScaledTanh"
    function: ClassVar = "netspec.nn.scaled_tanh"

    amplitude: float = 1.7159
    slope: float = 2 / 3

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The hyperbolic tangent keeps its output, the products with numbers nothing."""
        sloped = tape.pointwise(*inputs)
        return (tape.pointwise(tape.pointwise(sloped, keeps_output=True)),)


class Subsample(SlidingWindow):
    """``w sum(x) + b``: the sum over a window, times a coefficient and plus a bias that each map learns.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor((S - k) / s) + 1`` per axis; `stride` is the kernel's size
    unless given. It starts as the mean. As with other pooling, no multiply-accumulates are counted.
    """

    op: ClassVar = "subsample"
    target: ClassVar = "netspec.nn.Subsample"
    ranks: ClassVar = SPATIAL.advising("subsampling moves over spatial axes; `reshape` makes an image of a vector")
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"kernel": 2}, ((6, 28, 28),)),
        Example({"kernel": 3, "stride": 2, "bias": False}, ((4, 8),)),
        Example({"kernel": (1, 2, 3), "stride": (1, 1, 2)}, ((2, 3, 4, 7),)),
    )
    samples: ClassVar = {"kernel": (2, 3)}

    bias: bool = True

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]`` and ``bias [C]``."""
        maps = (inputs[0][0],)
        return tensors(weight=maps, bias=maps if self.bias else None)

    def fan_in(self, inputs: Shapes) -> int:
        """Elements of the window, and the bias; all of them share the coefficient."""
        return super().fan_in(inputs) + (1 if self.bias else 0)

    def bias_axis(self, inputs: Shapes) -> int | None:
        """The channels."""
        return 0 if self.bias else None

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """A mean, times a coefficient for each map that is made of its weight, plus the bias."""
        (x,) = inputs
        (output,) = self.infer((x.shape[1:],))
        mean = operations.pool(tape, x, (tape.batch, *output), keeps=True)
        scale = tape.pointwise(weights["weight"])
        scale = scale.seen((scale.numel, *(1 for _ in output[1:])), (1,) * len(output))
        y = tape.product(mean, scale)
        return (tape.pointwise(y, y),) if self.bias else (y,)

    def emit(self, inputs: Shapes) -> Call:
        """The module, with the window's sizes along each axis."""
        axes = len(inputs[0]) - 1
        options, defaults = self.given_by_keyword("stride", "bias")
        options["stride"] = None if unset(self.stride) else self._stride(axes)
        return Call(self.target, (inputs[0][0], sizes("kernel", self.kernel, axes, 1)), options, defaults)


class Rbf(Layer):
    """``|x - c|^2``: the squared Euclidean distance of the last axis to `out` centres.

    Input ``[*, F]``, output ``[*, out]``; ``F out`` multiply-accumulates for every vector, each the square of a
    difference. `centers` are fixed where they are given, and learned where they are not. Each is a list of F numbers,
    or a picture of F signs, `#` for 1 and `.` for -1, in as many lines as one likes.
    """

    op: ClassVar = "rbf"
    target: ClassVar = "netspec.nn.RBF"
    arguments: ClassVar = (features, "out")
    main: ClassVar = "out"
    ranks: ClassVar = FEATURES
    computes_units: ClassVar = True
    weight_layer: ClassVar = True
    examples: ClassVar = (
        Example({"out": 10}, ((84,),)),
        Example({"out": 2, "centers": ((0.5, -1.0, 2.0), (0.0, 1.0, 0.0))}, ((4, 3),)),
        Example({"out": 3, "centers": ("#.\n.#\n", "## ..", "....")}, ((4,),)),
    )
    samples: ClassVar = {"out": (2, 3), "centers": (("#.#", ".#."), ("#", "."), ("#.", (0.5, 1.0)), ("#x", ".."))}
    bounds = always(NEVER_NEGATIVE)
    receptive_field = whole_vector

    out: int
    centers: tuple[Center, ...] | None = None

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses an input without axes, and centres that do not fit it."""
        at_least("out", self.out, 1)
        width = self.ranked(inputs)[0][-1]
        if not unset(self.centers):
            _check_centers(self.centers, self.out, width)  # type: ignore[arg-type]
        return ((*inputs[0][:-1], self.out),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``centers [out, F]``, a buffer where they are given."""
        return {"centers": Weight((self.out, inputs[0][-1]), buffer=not unset(self.centers))}

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Output elements times the features."""
        return product(outputs[0]) * inputs[0][-1]

    def fan_in(self, inputs: Shapes) -> int:
        """The features; there is no bias."""
        return inputs[0][-1]

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """The differences are kept to be squared."""
        (x,) = inputs
        differences = tape.pointwise(tape.unsqueeze(x, len(x.shape) - 1), weights["centers"])
        squares = tape.pointwise(differences, keeps=(differences,))
        return (operations.reduced(tape, squares, (len(x.shape),), keepdim=False),)


def _check_centers(centers: tuple[Center, ...], out: int, features: int) -> None:
    """Refuses a wrong number of centres, centres of other sizes, and pictures with other signs."""
    if len(centers) != out:
        refuse_option(
            "centers",
            f"`centers` are {len(centers)}, the layer has {out} units",
            found=f"{len(centers)}",
            expected=f"{out}, one for each unit",
        )
    for unit, center in enumerate(centers):
        signs = "".join(center.split()) if isinstance(center, str) else center
        if isinstance(signs, str) and (strange := sorted(set(signs) - set("#."))):
            refuse_option(
                "centers",
                f"the picture of unit {unit} has other signs than `#` and `.`",
                found=" ".join(strange),
                expected="`#` for 1, `.` for -1",
            )
        if len(signs) != features:
            refuse_option(
                "centers",
                f"the centre of unit {unit} has {len(signs)} numbers, the input {features}",
                found=f"{len(signs)}",
                expected=f"{features}, one for each feature",
            )
