"""Padding and cropping, and their checks that convolution shares."""

from typing import Any, ClassVar, Literal

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fits
from netspec.layers.base import Bounds, Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.checks import at_least, one_for_each, sizes
from netspec.layers.reach import Along, Reach
from netspec.layers.traits import hull
from netspec.program import Call
from netspec.shape import Pairs, Shape, Size, spell

PadMode = Literal["constant", "reflect", "replicate", "circular"]

TORCH = {
    "constant": "ConstantPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}


def is_pairs(value: Any) -> bool:
    """Whether padding is written as ``[before, after]`` pairs."""
    return not isinstance(value, (int, str)) and any(not isinstance(v, int) for v in value)


def pairs_per_axis(option: str, value: Size | Pairs, axes: int, least: int | None = 0) -> Pairs:
    """Padding (before, after) for each axis; refuses a wrong count and, unless `least` is None, less than that."""
    if isinstance(value, int) or not is_pairs(value):
        both = sizes(option, value, axes, -(2**62) if least is None else least)  # type: ignore[arg-type]
        return tuple((size, size) for size in both)
    one_for_each(option, len(value), axes, "pair", f"{axes}, each [before, after]")
    pairs = tuple((pair[0], pair[1]) for pair in value)  # type: ignore[index]
    if least is not None:
        for before, after in pairs:
            at_least(option, before, least)
            at_least(option, after, least)
    return pairs


def check_pad_mode(mode: str, size: Shape, padding: Pairs, option: str) -> None:
    """Refuses padding that a mirrored or wrapped axis is too short for.

    An edge is mirrored or repeated wherever it lies, even if the other side is cropped. Wrapped elements come from the
    part that cropping leaves; where that part is too short, torch's result holds uninitialised memory.
    """
    for n, (before, after) in zip(size, padding, strict=True):
        left = n + min(before, 0) + min(after, 0)
        for amount in (before, after):
            if mode == "reflect" and amount >= n:
                _too_short(option, amount, f"{n}", n - 1, "a reflection, which does not repeat the edge,")
            if mode == "circular" and amount > max(left, 0):
                axis = f"{n}" if left == n else f"{n} that is cropped to {max(left, 0)}"
                _too_short(option, amount, axis, left, "wrapping around")


def _too_short(option: str, amount: int, axis: str, most: int, what: str) -> None:
    refuse_option(
        option,
        f"{what} cannot pad an axis of {axis} by {amount}",
        found=f"{amount}",
        expected=f"at most {most}" if most > 0 else "no padding",
        fact=Fits(option, (most,)) if most > 0 else None,
        help=f"{f'`{option}: {most}` fits; ' if most > 0 else ''}padding with a constant takes any size",
    )


class Pad(Weightless):
    """Pads the spatial axes, as torch.nn.ConstantPad2d, ReflectionPad2d, ReplicationPad2d or CircularPad2d.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = before + S + after``. `padding` is one number for every spatial
    axis, one per spatial axis, or a pair ``[before, after]`` per spatial axis; with as many entries as the shape has
    axes, it covers the channels too. A negative number crops (torch.nn.functional.pad); `replicate` and `reflect` pad
    from what was there before.
    """

    op: ClassVar = "pad"
    main: ClassVar = "padding"
    examples: ClassVar = (
        Example({"padding": 2}, ((3, 8, 8),)),
        Example({"padding": ((0, 1), (0, 1)), "value": 1.0}, ((3, 8, 8),)),
        Example({"padding": ((2, 2), (0, 0), (0, 0))}, ((4, 3, 3),)),
        Example({"padding": (1, 2), "mode": "reflect"}, ((3, 4, 4),)),
        Example({"padding": ((3, 0),), "mode": "replicate"}, ((3, 4),)),
        Example({"padding": 1, "mode": "circular"}, ((2, 3, 3, 3),)),
        Example({"padding": 3, "mode": "circular"}, ((2, 3, 3),)),
        Example({"padding": ((0, 3),)}, ((5,),)),
        Example({"padding": ((2, 2), (0, 0), (1, 0), (0, 0))}, ((4, 3, 3, 3),)),
    )
    samples: ClassVar = {
        "padding": (1, 2, (1, 0), ((1, 2),), ((-4, 5),), ((3, -2),), ((-1, 0), (2, 1)), ((0, 1), (1, 1), (2, 0)))
    }

    padding: Size | Pairs
    mode: PadMode = "constant"
    value: float = 0.0

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses padding that leaves an axis empty, and modes that the axis is too short for."""
        shape = inputs[0]
        padding = self._padding(shape)
        padded = shape[len(shape) - len(padding) :]
        if self.mode != "constant":
            if len(padding) > 3:
                refuse_option(
                    "mode",
                    f"`mode: {self.mode}` pads at most three axes",
                    found=f"padding of {len(padding)} axes of {spell(shape)}",
                    expected="padding of the axes after the channels",
                    help="`mode: constant` pads any number of axes",
                )
            check_pad_mode(self.mode, padded, padding, "padding")
        found = tuple(n + before + after for n, (before, after) in zip(padded, padding, strict=True))
        for n, (before, after), size in zip(padded, padding, found, strict=True):
            beyond = self.mode == "constant" and (n + before < 0 or n + after < 0)
            if size < 1 or beyond:
                refuse(
                    Code.EMPTY_OUTPUT,
                    f"cropping an axis of {n} by {-before} and {-after} leaves nothing",
                    option="padding",
                    found=f"{n} + {before} + {after} = {size}",
                    expected="at least 1",
                )
        return ((*shape[: len(shape) - len(padding)], *found),)

    def _padding(self, shape: Shape) -> Pairs:
        """Padding (before, after) of the last axes, for as many as the option covers."""
        spatial = max(len(shape) - 1, 0)
        if isinstance(self.padding, int) and spatial == 0:
            refuse(
                Code.BAD_RANK,
                "one number pads the spatial axes, and the input has none",
                option="padding",
                found=spell(shape),
                expected="[channels, *spatial]",
                help=f"`padding: [[0, {self.padding}]]` pads the features after their end",
            )
        if not isinstance(self.padding, int):
            if len(self.padding) == 0:
                refuse_option(
                    "padding",
                    "`padding` is empty",
                    found="[]",
                    expected="one number, or one entry per axis",
                    help="leave the layer out to pad nothing",
                )
            if len(self.padding) == len(shape):
                spatial = len(shape)
        return pairs_per_axis("padding", self.padding, spatial, least=None)

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The input's bounds, and the padding value."""
        return hull((*given, (self.value, self.value))) if self.mode == "constant" else given[0]

    def receptive_field(self, inputs: Shapes) -> Reach:
        """One position, shifted by the padding before."""
        padding = self._padding(inputs[0])
        before = (*(0,) * (len(inputs[0]) - len(padding)), *(pair[0] for pair in padding))
        return Reach(tuple(Along(axis, 1, ((-p, -p),)) for axis, p in enumerate(before)))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Zeros keep nothing; mirrored and repeated edges keep the input."""
        (x,) = inputs
        return (operations.pad(tape, x, self._padding(x.shape[1:]), self.mode),)

    def target_for(self, inputs: Shapes) -> str:
        """Torch's padding module; netspec's own for more than three axes."""
        axes = len(self._padding(inputs[0]))
        return (
            f"torch.nn.{TORCH[self.mode]}{axes}d" if axes < 4 or self.mode != "constant" else "netspec.nn.ConstantPad"
        )

    def emit(self, inputs: Shapes) -> Call:
        """The amounts, which torch counts from the last axis backwards."""
        padding = self._padding(inputs[0])
        amounts = tuple(amount for pair in reversed(padding) for amount in pair)
        if len(padding) > 3:
            return Call(self.target_for(inputs), (amounts,), {"value": self.value}, {"value": 0.0})
        return Call(self.target_for(inputs), (amounts,), {"value": self.value} if self.mode == "constant" else {})
