"""Pooling to a size, and over the whole input."""

from math import gcd
from typing import Any, ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.layers.base import Example, Shapes, Weightless
from netspec.layers.checks import at_least, one_for_each, unset
from netspec.layers.ranks import POOLED
from netspec.layers.reach import LONGEST_PERIOD, Along, Reach, whole_channel
from netspec.layers.remembers import makes, result_shape
from netspec.layers.traits import NEVER_NEGATIVE, always, as_input, signed_as_input
from netspec.program import Call, Function
from netspec.shape import Shape, product


def _size_argument(layer: "_AdaptivePool", inputs: Shapes) -> int | tuple[int | None, ...]:
    """The sizes; torch's one-dimensional modules take a number that is not null."""
    size = layer.output_size
    return layer._sizes(inputs)[0] if len(inputs[0]) == 2 and not isinstance(size, int) and len(size) == 1 else size


class _AdaptivePool(Weightless):
    main: ClassVar = "output_size"
    ranks: ClassVar = POOLED
    arguments: ClassVar = (_size_argument,)
    keywords: ClassVar = ()
    computes_units: ClassVar = True
    examples: ClassVar = (
        Example({"output_size": 1}, ((6, 7, 7),)),
        Example({"output_size": (2, None)}, ((6, 8, 5),)),
        Example({"output_size": 3}, ((4, 7),)),
        Example({"output_size": (1, 2, 2)}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"output_size": (1, 2, (2, 2), (None, 1), (2, None, 3), (3,))}
    bounds = as_input

    output_size: int | tuple[int | None, ...]

    def _sizes(self, inputs: Shapes) -> Shape:
        """The output's sizes; null keeps the input's."""
        size = self.ranked(inputs)[0][1:]
        wanted = (self.output_size,) * len(size) if isinstance(self.output_size, int) else tuple(self.output_size)
        one_for_each("output_size", len(wanted), len(size), "size", f"one integer, or a list of {len(size)}")
        return tuple(n if unset(w) else w for w, n in zip(wanted, size, strict=True))  # type: ignore[misc]

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a wrong number of sizes."""
        sizes = self._sizes(inputs)
        for size in sizes:
            at_least("output_size", size, 1)
        return ((inputs[0][0], *sizes),)

    def fan_in(self, inputs: Shapes) -> int | None:
        """Elements of a window; unknown where the windows differ because the sizes do not divide."""
        pairs = tuple(zip(inputs[0][1:], self._sizes(inputs), strict=True))
        if any(n % size != 0 for n, size in pairs):
            return None
        return product(tuple(n // size for n, size in pairs))

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """The whole axis for one output element; else windows, which differ where the sizes do not divide."""
        pairs = tuple(zip(inputs[0][1:], self._sizes(inputs), strict=True))
        if any(size // gcd(n, size) > LONGEST_PERIOD for n, size in pairs):
            return None
        return Reach((Along(0), *(_walk(axis, n, size) for axis, (n, size) in enumerate(pairs, 1))))


def _walk(axis: int, size: int, outputs: int) -> Along | None:
    """Window `i` reaches from ``floor(i size / outputs)`` to ``ceil((i + 1) size / outputs)``, exclusive."""
    if outputs == 1:
        return None
    period = outputs // gcd(size, outputs)
    spans = tuple((i * size // outputs, -(-(i + 1) * size // outputs) - 1) for i in range(period))
    return Along(axis, size * period // outputs, spans)


class AdaptiveAvgPool(_AdaptivePool):
    """Mean over as many windows as the output has elements, as torch.nn.AdaptiveAvgPool1d, 2d or 3d.

    Input ``[C, *S]``, output ``[C, *output_size]``; window `i` reaches from ``floor(i S / S')`` to
    ``ceil((i + 1) S / S')`` (ATen/native/AdaptivePooling.h). A null size keeps the input's.
    """

    op: ClassVar = "adaptive_avg_pool"
    target: ClassVar = "torch.nn.AdaptiveAvgPool{}d"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input; a mean over the whole input keeps nothing."""
        (x,) = inputs
        shape = result_shape(self, tape, x)
        return (operations.pool(tape, x, shape, keeps=product(shape[2:]) != 1),)


class AdaptiveMaxPool(_AdaptivePool):
    """Maximum over as many windows as the output has elements, as torch.nn.AdaptiveMaxPool1d, 2d or 3d.

    Input ``[C, *S]``, output ``[C, *output_size]``, with the windows of `adaptive_avg_pool`.
    """

    op: ClassVar = "adaptive_max_pool"
    target: ClassVar = "torch.nn.AdaptiveMaxPool{}d"
    record = makes(operations.pool, keeps=True, indices=True)


class _GlobalPool(Weightless):
    ranks: ClassVar = POOLED
    arguments: ClassVar = (1,)
    computes_units: ClassVar = True
    examples: ClassVar = (Example({}, ((8, 7, 7),)), Example({}, ((8, 5),)), Example({}, ((2, 3, 4, 5),)))
    bounds = as_input
    receptive_field = whole_channel

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs without spatial axes."""
        size = self.ranked(inputs)[0][1:]
        return ((inputs[0][0], *((1,) * len(size))),)

    def fan_in(self, inputs: Shapes) -> int:
        """Elements of a channel."""
        return product(inputs[0][1:])


class GlobalAvgPool(_GlobalPool):
    """Mean of each channel; keeps the axes: input ``[C, *S]``, output ``[C, 1, ...]`` (Lin et al., "Network in
    network", 2013), as torch.nn.AdaptiveAvgPool2d(1).
    """

    op: ClassVar = "global_avg_pool"
    papers: ClassVar = "Avg Pool"
    target: ClassVar = "torch.nn.AdaptiveAvgPool{}d"
    record = makes(operations.pool, keeps=False)


class GlobalMaxPool(_GlobalPool):
    """Maximum of each channel; keeps the axes: input ``[C, *S]``, output ``[C, 1, ...]``, as
    torch.nn.AdaptiveMaxPool2d(1).
    """

    op: ClassVar = "global_max_pool"
    papers: ClassVar = "Max Pool"
    target: ClassVar = "torch.nn.AdaptiveMaxPool{}d"
    record = makes(operations.pool, keeps=True, indices=True)


class _GlobalReduction(_GlobalPool):
    """Reductions for which torch has a function, but no module."""

    given: ClassVar[dict[str, Any]] = {}
    compares: ClassVar[bool] = True

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Extremes and deviations keep input and result, to compare the two; a sum keeps nothing."""
        (x,) = inputs
        return (operations.reduced(tape, x, range(2, len(x.shape)), keepdim=True, keeps_both=self.compares),)

    def emit(self, inputs: Shapes) -> Call:
        axes = tuple(range(2, len(inputs[0]) + 1))
        return Function(self.target, (), {"dim": axes, **self.given, "keepdim": True})


class GlobalMinPool(_GlobalReduction):
    """Minimum of each channel; keeps the axes: input ``[C, *S]``, output ``[C, 1, ...]`` (torch.amin)."""

    op: ClassVar = "global_min_pool"
    target: ClassVar = "torch.amin"


class GlobalSumPool(_GlobalReduction):
    """Sum of each channel; keeps the axes: input ``[C, *S]``, output ``[C, 1, ...]`` (torch.sum)."""

    op: ClassVar = "global_sum_pool"
    target: ClassVar = "torch.sum"
    compares: ClassVar = False
    bounds = signed_as_input


class GlobalStdPool(_GlobalReduction):
    """Population standard deviation of each channel; keeps the axes: input ``[C, *S]``, output ``[C, 1, ...]``
    (torch.std without Bessel's correction).
    """

    op: ClassVar = "global_std_pool"
    target: ClassVar = "torch.std"
    given: ClassVar = {"correction": 0}
    bounds = always(NEVER_NEGATIVE)
