"""Anti-aliased pooling."""

from typing import ClassVar

from netspec.layers.base import Bounds, Example, Shapes
from netspec.layers.checks import sizes, unset
from netspec.layers.conv import Conv, PaddingMode
from netspec.layers.depthwise import Depthwise, depthwise
from netspec.layers.traits import hull
from netspec.program import Call
from netspec.shape import Pairs, Size, same_padding


class BlurPool(Depthwise):
    """Anti-aliased pooling: each channel is blurred with binomial weights, then sampled every `stride`.

    Input ``[C, *S]``, output ``[C, *S']`` as of `conv`, over one or two axes. The weights along an axis are a row of
    Pascal's triangle divided by its sum, ``[1, 2, 1] / 4`` for 3 (Zhang, "Making convolutional networks
    shift-invariant again", 2019); nothing is learned. A null `padding` centres the kernel, the odd position after.
    """

    op: ClassVar = "blur_pool"
    target: ClassVar = "netspec.nn.BlurPool"
    main: ClassVar = "kernel"
    examples: ClassVar = (
        Example({"kernel": 3}, ((6, 8, 8),)),
        Example({"kernel": 4, "stride": (2, 1)}, ((3, 7, 8),)),
        Example({"kernel": (1, 5), "padding": 0}, ((3, 7, 8),)),
        Example({"kernel": 7, "padding_mode": "zeros", "stride": 3}, ((2, 9),)),
    )
    samples: ClassVar = {"kernel": (1, 2, 3, 4, 5, 6, 7, (3, 2)), "padding": (0, 1, ((1, 0),), ((0, 2), (1, 0)))}

    kernel: Size
    stride: Size = 2
    padding: Size | Pairs | None = None
    padding_mode: PaddingMode = "reflect"

    def conv(self, inputs: Shapes) -> Conv:
        kernel = sizes("kernel", self.kernel, len(inputs[0]) - 1, 1)
        padding = tuple(same_padding(k, 1) for k in kernel) if unset(self.padding) else self.padding
        geometry = {"stride": self.stride, "padding": padding, "padding_mode": self.padding_mode}
        return depthwise(inputs, kernel=self.kernel, **geometry)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The bounds of a mean, which includes the padding's zeros."""
        return hull((*given, (0.0, 0.0)))

    def emit(self, inputs: Shapes) -> Call:
        """A module of netspec's own: torch has none."""
        _, _, _, padding = self.conv(inputs).geometry(inputs)
        options = {"stride": self.stride, "padding": padding, "padding_mode": self.padding_mode}
        return Call(self.target, (self.kernel,), options, {"padding_mode": "reflect"})
