"""The output size of a convolution: its formula, and the refusal of an empty output."""

from collections.abc import Callable

from netspec.diagnostics import Code
from netspec.diagnostics.tensor_facts import TooSmall
from netspec.layers.base import refuse
from netspec.layers.checks import AXIS_NAMES
from netspec.layers.formula import Symbols
from netspec.shape import Pairs, Shape, conv_output, times, window_extent

SizeRule = Callable[[int, int, int, int, int, int], int]
"""Output size along one axis, of its size, kernel, stride, padding before and after, and dilation."""


def arithmetic(size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int, rule: SizeRule) -> str:
    """The size that a rule gives, and how: ``floor((2 + 2*0 - 3)/1) + 1 = 0``."""
    made, (before, after) = Symbols(), padding
    p = made.symbol("p", before)
    found = rule(
        made.symbol("S", size),
        made.symbol("k", kernel),
        made.symbol("s", stride),
        p,
        p if after == before else made.symbol("p_after", after),
        1 if dilation == 1 else made.symbol("d", dilation),
    )
    return f"{made.formula('', found).numbers} = {found:d}"


def check_fits(size: Shape, kernel: Shape, stride: Shape, dilation: Shape, padding: Pairs) -> None:
    """Refuses a kernel larger than the padded input, with the arithmetic and the padding that would fit."""
    extent = tuple(window_extent(k, d) for k, d in zip(kernel, dilation, strict=True))
    padded = tuple(n + before + after for n, (before, after) in zip(size, padding, strict=True))
    for axis, (span, room) in enumerate(zip(extent, padded, strict=True)):
        if span > room:
            how = arithmetic(size[axis], kernel[axis], stride[axis], padding[axis], dilation[axis], conv_output)
            least = tuple(max((e - n + 1) // 2, 0) for e, n in zip(extent, size, strict=True))
            refuse(
                Code.KERNEL_TOO_LARGE,
                f"the kernel spans {span}, the padded input's {AXIS_NAMES[len(size)][axis]} is {room}",
                option="kernel",
                found=f"kernel {times(extent)} on {times(padded)}: {how}",
                fact=TooSmall(padded, extent),
                expected=f"a kernel of at most {times(padded)}" if min(padded) > 0 else "an input that is not empty",
                help=f"`padding: {short(least)}` makes it fit; "
                f"`padding: {short(tuple(e // 2 for e in extent))}` keeps {times(size)} at stride 1"
                if all(e % 2 == 1 for e in extent)
                else f"`padding: {short(least)}` makes it fit",
            )


def short(sizes: Shape) -> str:
    """One number where all are equal."""
    if all(size == sizes[0] for size in sizes):
        return f"{sizes[0]:d}"
    return "[" + ", ".join(f"{size:d}" for size in sizes) + "]"
