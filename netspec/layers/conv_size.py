"""The output size of a convolution: its formula, and the refusal of an empty output."""

from netspec.diagnostics import Code
from netspec.diagnostics.facts import TooSmall
from netspec.layers.base import Formula, refuse
from netspec.layers.checks import AXIS_NAMES
from netspec.shape import Pairs, Shape, times, window_extent


def size_formula(
    size: Shape, kernel: Shape, stride: Shape, dilation: Shape, padding: Pairs
) -> tuple[str, list[dict[str, int]]]:
    """The formula for the output's size without the symbols that change nothing, and its numbers for each axis."""
    dilated = any(d != 1 for d in dilation)
    uneven = any(before != after for before, after in padding)
    numbers = [
        {"S": n, "k": k, "s": s, "p": before, **({"p_after": after} if uneven else {}), **({"d": d} if dilated else {})}
        for n, k, s, d, (before, after) in zip(size, kernel, stride, dilation, padding, strict=True)
    ]
    extent = "d*(k - 1) - 1" if dilated else "k"
    return f"floor((S + {'p + p_after' if uneven else '2*p'} - {extent}) / s) + 1", numbers


def check_fits(size: Shape, kernel: Shape, stride: Shape, dilation: Shape, padding: Pairs) -> None:
    """Refuses a kernel larger than the padded input, with the arithmetic and the padding that would fit."""
    extent = tuple(window_extent(k, d) for k, d in zip(kernel, dilation, strict=True))
    padded = tuple(n + before + after for n, (before, after) in zip(size, padding, strict=True))
    for axis, (span, room) in enumerate(zip(extent, padded, strict=True)):
        if span > room:
            whole, numbers = size_formula(size, kernel, stride, dilation, padding)
            arithmetic = Formula("", whole, numbers[axis])
            least = tuple(max((e - n + 1) // 2, 0) for e, n in zip(extent, size, strict=True))
            refuse(
                Code.KERNEL_TOO_LARGE,
                f"the kernel spans {span}, the padded input's {AXIS_NAMES[len(size)][axis]} is {room}",
                option="kernel",
                found=f"kernel {times(extent)} on {times(padded)}: {arithmetic.numbers} = {arithmetic.value}",
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
