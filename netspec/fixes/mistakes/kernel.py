"""Options that do not fit the input: a kernel larger than it, groups that do not divide its channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import Code
from netspec.diagnostics.facts import Fits
from netspec.fixes.base import Case, Proposal, mends
from netspec.fixes.text import inner, numeral
from netspec.layers.checks import divisors
from netspec.shape import window_extent

SMALLEST_USUAL = 3
"""The smallest usual kernel. Where it is too large, a padding is missing, in this layer or before."""


def per_axis(value: Any, axes: int) -> list[int] | None:
    """An option's value for each axis; None where it is an expression or no number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value] * axes
    if isinstance(value, (list, tuple)) and len(value) == axes and all(type(v) is int for v in value):
        return list(value)
    return None


def one(values: list[int]) -> int | list[int]:
    """One number where all axes agree."""
    return values[0] if len(set(values)) == 1 else values


@mends(Code.KERNEL_TOO_LARGE)
def kernel_too_large(case: Case) -> Iterator[Proposal]:
    """Padding that keeps the size, where the kernel is not far too large; a kernel that fits; `ceil_mode`."""
    entry, layer = case.entry, case.layer(case.entry)
    if layer is None or not case.diagnostic.shapes:
        return
    sizes = list(case.diagnostic.shapes[0][1:])
    options = layer.option_fields()
    kernel = per_axis(case.option(entry, "kernel"), len(sizes))
    if kernel is None:
        yield from _of_expression(case, case.option(entry, "kernel"))
        return
    dilation = per_axis(case.option(entry, "dilation"), len(sizes)) or [1] * len(sizes)
    extents = [window_extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
    small = [max(1, (s - 1) // d + 1) for s, d in zip(sizes, dilation, strict=True)]
    fits = [min(k, s) for k, s in zip(kernel, small, strict=True)]
    odd = [k - 1 if k % 2 == 0 and k > 1 and was % 2 else k for k, was in zip(fits, kernel, strict=True)]
    near = all(extent <= max(2 * size, SMALLEST_USUAL) for extent, size in zip(extents, sizes, strict=True))
    pool = "ceil_mode" in options
    if "padding" in options and all(extent % 2 for extent in extents) and near and not pool:
        yield _keeping_size(case, one([extent // 2 for extent in extents]))
    if pool and set(fits) == {1}:
        yield Proposal(f"without the `{layer.op}`: nothing is left to pool", case.text.remove(entry))
        choices = []
    else:
        choices = [fits] if odd == fits else [fits, odd] if pool else [odd, fits]
    for rank, values in enumerate(choices, 1 if near and not pool else 0):
        yield Proposal(f"`kernel: {one(values)}` fits", case.set(entry, "kernel", one(values)), rank)
    if pool:
        yield Proposal("`ceil_mode: true` lets the window reach over the edge", case.set(entry, "ceil_mode", True), 2)
    if dilation != [1] * len(sizes):
        yield Proposal("`dilation: 1`", case.set(entry, "dilation", 1), 2)


def _of_expression(case: Case, kernel: Any) -> Iterator[Proposal]:
    """Padding that follows a kernel given by an expression."""
    if isinstance(kernel, str) and kernel.startswith("$"):
        whole = inner(kernel)
        yield _keeping_size(case, f"$({whole} // 2)" if whole.isidentifier() else f"$(({whole}) // 2)")


def _keeping_size(case: Case, padding: Any) -> Proposal:
    return Proposal(f"`padding: {padding}` keeps the size at stride 1", case.set(case.entry, "padding", padding))


@mends(Code.GROUPS_DO_NOT_DIVIDE)
def groups_do_not_divide(case: Case) -> Iterator[Proposal]:
    """Output channels that are a multiple, where those are at fault; the nearest numbers of groups that divide."""
    entry, shapes = case.entry, case.diagnostic.shapes
    layer = case.layer(entry)
    if layer is None or not shapes:
        return
    name = case.path[-1] if isinstance(case.path[-1], str) else "groups"
    name = layer.main if name == layer.op and layer.main else name
    groups, out = case.option(entry, name), case.option(entry, "out")
    if type(groups) is not int or groups < 1:
        return
    channels = shapes[0][0]
    both = type(out) is int and "out" in layer.option_fields()
    if both and channels % groups == 0:
        for value in sorted({out // groups * groups, -(-out // groups) * groups} - {0}, key=lambda v: abs(v - out)):
            yield Proposal(f"`{value}` output channels", case.set(entry, "out", value), abs(value - out))
    fit = [g for g in divisors(channels) if not both or out % g == 0]
    rank = 10 if both and channels % groups == 0 else 0
    for value in sorted(fit, key=lambda g: (abs(g - groups), g))[:2]:
        yield Proposal(f"`{name}: {value}`", case.set(entry, name, value), rank + abs(value - groups))


@mends(Code.BAD_OPTION, Code.UNEQUAL_SHAPES, Code.BAD_RESHAPE)
def does_not_fit(case: Case) -> Iterator[Proposal]:
    """The values that fit, where they are known."""
    fact = case.diagnostic.fact
    if case.entry and isinstance(fact, Fits):
        for value in fact.values:
            yield Proposal(f"`{fact.name}: {numeral(value)}`", case.set(case.entry, fact.name, value))
