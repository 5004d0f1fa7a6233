"""A kernel or window larger than its input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from netspec.diagnostics import Code
from netspec.fixes.base import Case, Mistake, Proposal
from netspec.fixes.text import inner
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


class KernelTooLarge(Mistake):
    """A kernel larger than its padded input."""

    codes: ClassVar = frozenset({Code.KERNEL_TOO_LARGE})

    def propose(self, case: Case) -> Iterator[Proposal]:
        """Padding that keeps the size, where the kernel is not far too large; a kernel that fits; `ceil_mode`."""
        entry, layer = case.entry, case.layer(case.entry) if case.entry else None
        if entry is None or layer is None or not case.diagnostic.shapes:
            return
        sizes = list(case.diagnostic.shapes[0][1:])
        options = layer.option_fields()
        kernel = per_axis(case.option(entry, "kernel"), len(sizes))
        if kernel is None:
            yield from self.of_expression(case)
            return
        dilation = per_axis(case.option(entry, "dilation"), len(sizes)) or [1] * len(sizes)
        extents = [window_extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
        small = [max(1, (s - 1) // d + 1) for s, d in zip(sizes, dilation, strict=True)]
        fits = [min(k, s) for k, s in zip(kernel, small, strict=True)]
        odd = [k - 1 if k % 2 == 0 and k > 1 and was % 2 else k for k, was in zip(fits, kernel, strict=True)]
        near = all(extent <= max(2 * size, SMALLEST_USUAL) for extent, size in zip(extents, sizes, strict=True))
        pool = "ceil_mode" in options
        if "padding" in options and all(extent % 2 for extent in extents) and near and not pool:
            value = one([extent // 2 for extent in extents])
            edit = case.set(entry, "padding", value)
            yield Proposal(f"`padding: {value}` keeps the size at stride 1", (edit,), 0)
        if pool and set(fits) == {1}:
            removed = case.text.remove(entry)
            if removed is not None:
                yield Proposal(f"without the `{layer.op}`: nothing is left to pool", (removed,), 0)
        choices = [fits] if odd == fits else [fits, odd] if pool else [odd, fits]
        for rank, values in enumerate([] if pool and set(fits) == {1} else choices):
            title = f"`kernel: {one(values)}` fits"
            edit = case.set(entry, "kernel", one(values))
            yield Proposal(title, (edit,), 1 + rank if near and not pool else rank)
        if pool:
            title = "`ceil_mode: true` lets the window reach over the edge"
            yield Proposal(title, (case.set(entry, "ceil_mode", True),), 2)
        if dilation != [1] * len(sizes):
            yield Proposal("`dilation: 1`", (case.set(entry, "dilation", 1),), 2)

    def of_expression(self, case: Case) -> Iterator[Proposal]:
        """Padding that follows a kernel given by an expression."""
        entry = case.entry
        written = case.option(entry, "kernel") if entry else None
        if entry is None or not isinstance(written, str) or not written.startswith("$"):
            return
        whole = inner(written)
        value = f"$({whole} // 2)" if whole.isidentifier() else f"$(({whole}) // 2)"
        yield Proposal(f"`padding: {value}` keeps the size at stride 1", (case.set(entry, "padding", value),), 0)
