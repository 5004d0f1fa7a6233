"""Interpolation."""

import math
import struct
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar, Literal

from netspec.diagnostics import Code
from netspec.layers.base import Bounds, Example, Shapes, Weightless, refuse, refuse_option
from netspec.layers.checks import AXIS_NAMES, meaningless, one_for_each, sizes, unset
from netspec.layers.ranks import SPATIAL
from netspec.layers.reach import LONGEST_PERIOD, Along, Reach, Span
from netspec.layers.remembers import copied
from netspec.program import Call, Function
from netspec.shape import Shape, Size, spell

AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Upsample(Weightless):
    """Interpolates the spatial axes, by a factor or to a size, as torch.nn.Upsample.

    Input ``[C, *S]``, output ``[C, *S']`` with ``S' = floor(S scale_factor)`` or ``size``. `linear`, `bilinear` and
    `trilinear` are for one, two and three spatial axes, `bicubic` for two. `antialias` widens the kernel of `bilinear`
    and `bicubic` where the size shrinks (torch.nn.functional.interpolate); `recompute_scale_factor` interpolates by the
    ratio of the sizes, where the factor does not give whole ones.
    """

    op: ClassVar = "upsample"
    main: ClassVar = "scale_factor"
    target: ClassVar = "torch.nn.Upsample"
    keywords: ClassVar = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor")
    ranks: ClassVar = SPATIAL
    examples: ClassVar = (
        Example({"scale_factor": 2}, ((6, 4, 4),)),
        Example({"size": (7, 9), "mode": "bilinear", "align_corners": True}, ((6, 4, 4),)),
        Example({"scale_factor": 1.5, "mode": "linear"}, ((3, 5),)),
        Example({"scale_factor": (1, 2, 2), "mode": "trilinear"}, ((2, 3, 4, 4),)),
        Example({"scale_factor": 2, "mode": "bicubic"}, ((2, 3, 3),)),
        Example({"size": (3, 4), "mode": "bilinear", "antialias": True}, ((2, 7, 9),)),
        Example({"scale_factor": 1.5, "mode": "bilinear", "recompute_scale_factor": True}, ((2, 3, 5),)),
    )
    samples: ClassVar = {"scale_factor": (2, 1.5, 0.4, (2, 3), (1.5, 2)), "size": (5, (3, 4))}
    record = copied

    scale_factor: int | float | tuple[int | float, ...] | None = None
    size: Size | None = None
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"] = "nearest"
    align_corners: bool | None = None
    antialias: bool = False
    recompute_scale_factor: bool | None = None

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a mode for another rank, and both or neither of size and factor."""
        size = self.ranked(inputs)[0][1:]
        axes = len(size)
        other = next((taken for mode, taken in AXES.items() if taken != axes and self.mode == mode), None)
        if other is not None:
            refuse_option(
                "mode",
                f"`mode: {self.mode}` is for {other} spatial {'axis' if other == 1 else 'axes'}",
                found=f"{spell(inputs[0])}, {axes} spatial {'axis' if axes == 1 else 'axes'}",
                expected=f"`{LINEAR[axes]}`, `nearest` or `nearest-exact`",
                help=f"`mode: {LINEAR[axes]}` interpolates {spell(inputs[0])}",
            )
        if not unset(self.align_corners) and self.mode not in tuple(AXES):
            meaningless("align_corners", f"`mode: {self.mode}`", f"`mode: {LINEAR[axes]}`, or no `align_corners`")
        if self.antialias and self.mode not in ("bilinear", "bicubic"):
            meaningless("antialias", f"`mode: {self.mode}`", "`mode: bilinear` or `mode: bicubic`, on images")
        if self.recompute_scale_factor and not unset(self.size):
            refuse(
                Code.CONFLICTING_KEYS,
                "with a size there is no factor to recompute",
                option="recompute_scale_factor",
                found="`size`",
                expected="`scale_factor`, or no `recompute_scale_factor`",
            )
        if unset(self.scale_factor) == unset(self.size):
            refuse(
                Code.MISSING_OPTION if unset(self.size) else Code.CONFLICTING_KEYS,
                "`upsample` takes a factor or a size" + ("" if unset(self.size) else ", not both"),
                option=None if unset(self.size) else "size",
                found="neither" if unset(self.size) else "both",
                expected="`scale_factor` or `size`",
                help="`{upsample: 2}` doubles each spatial axis",
            )
        return ((inputs[0][0], *self._sizes(size)),)

    def _sizes(self, size: Shape) -> Shape:
        axes = len(size)
        if not unset(self.size):
            return sizes("size", self.size, axes, 1)  # type: ignore[arg-type]
        scale = self.scale_factor
        factors = (scale,) * axes if isinstance(scale, (int, float)) else tuple(scale)  # type: ignore[arg-type]
        one_for_each("scale_factor", len(factors), axes, "factor", f"one number, or a list of {axes}")
        found = tuple(_scaled(n, factor) for n, factor in zip(size, factors, strict=True))
        for axis, (n, new) in enumerate(zip(size, found, strict=True)):
            if new < 1:
                refuse(
                    Code.EMPTY_OUTPUT,
                    f"the {AXIS_NAMES[axes][axis]} of {n} scaled by {factors[axis]} is empty",
                    option="scale_factor",
                    found=f"floor({n} x {factors[axis]}) = {new}",
                    expected="at least 1",
                    help=f"a factor of at least {1 / n:.4g} keeps one element",
                )
        return found

    def bounds(self, inputs: Shapes, given: tuple[Bounds, ...]) -> Bounds:
        """The input's bounds, since it interpolates between elements; `bicubic` overshoots."""
        return given[0] if self.mode != "bicubic" else super().bounds(inputs, given)

    def receptive_field(self, inputs: Shapes) -> Reach | None:
        """The elements between which it interpolates; unknown for `antialias`, and where torch's rounding decides."""
        if self.antialias:
            return None
        size = inputs[0][1:]
        walks: list[Along | None] = [Along(0)]
        for axis, (n, outputs) in enumerate(zip(size, self._sizes(size), strict=True), 1):
            corners = self.mode in AXES and bool(self.align_corners)
            spans = interpolated(self.mode, corners, n, outputs, self._ratio(axis - 1, n, outputs))
            if spans is None:
                return None
            walks.append(Along(axis, *spans))
        return Reach(tuple(walks))

    def _ratio(self, axis: int, size: int, outputs: int) -> Fraction:
        """Input elements per output element: the quotient of sizes, or the inverse of a factor."""
        if unset(self.scale_factor) or self.recompute_scale_factor:
            return Fraction(size, outputs)
        scale = self.scale_factor
        return 1 / Fraction(repr(float(scale if isinstance(scale, (int, float)) else tuple(scale)[axis])))  # type: ignore[arg-type]

    def emit(self, inputs: Shapes) -> Call:
        """Torch's module; with `antialias`, which it lacks, torch's function."""
        if not self.antialias:
            return super().emit(inputs)
        given = self.given_by_keyword(*self.keywords, "antialias")
        return Function("torch.nn.functional.interpolate", (), *given)


def _scaled(size: int, factor: float) -> int:
    if isinstance(factor, int):
        return size * factor
    # torch truncates the product of doubles (ATen/native/UpSample.h), which no integer arithmetic reproduces.
    return int(size * factor)


_COMPARED = 8192
"""The most elements that are computed as torch computes them, to see whether its rounding matters."""


@lru_cache(maxsize=1024)
def interpolated(
    mode: str, align_corners: bool, size: int, outputs: int, ratio: Fraction
) -> tuple[int, tuple[Span, ...]] | None:
    """Step and spans of `netspec.layers.reach.Along`.

    Args:
        mode: The mode of torch.nn.Upsample.
        align_corners: Whether first and last elements of input and output lie on each other.
        size: Input elements.
        outputs: Output elements.
        ratio: Input elements per output element, where corners are not aligned.

    Returns:
        None where the pattern does not repeat, or torch's rounding departs from it.
    """
    if align_corners:
        ratio = Fraction(size - 1, outputs - 1) if outputs > 1 else Fraction(0)
    if ratio.denominator > min(outputs, LONGEST_PERIOD):
        return None
    spans = tuple(_span(mode, align_corners, output, ratio) for output in range(ratio.denominator))
    if mode.startswith("nearest") and not _rounds_alike(mode, size, outputs, ratio):
        return None
    return ratio.numerator, spans


def _span(mode: str, align_corners: bool, output: int, ratio: Fraction) -> Span:
    """The input elements with a weight (``area_pixel_compute_source_index`` in torch's ATen/native/UpSample.h)."""
    steps, parts = ratio.numerator, ratio.denominator
    if mode == "nearest":
        return (at := output * steps // parts), at
    if mode == "nearest-exact":
        return (at := (2 * output + 1) * steps // (2 * parts)), at
    place, unit = (output * steps, parts) if align_corners else ((2 * output + 1) * steps - parts, 2 * parts)
    first, beyond = divmod(place, unit)
    if not beyond:
        return first, first
    return (first - 1, first + 2) if mode == "bicubic" else (first, first + 1)


def _rounds_alike(mode: str, size: int, outputs: int, ratio: Fraction) -> bool:
    """Whether torch, which multiplies in single precision, takes the same elements."""
    shift = 0.5 if mode == "nearest-exact" else 0.0  # the middle of a pixel, or its edge
    single = _single(ratio.numerator / ratio.denominator)
    if single == ratio and 2 * outputs * ratio.numerator < 2**24:
        return True  # every product is exact
    if outputs > _COMPARED:
        return False
    return all(
        min(_span(mode, False, output, ratio)[0], size - 1)
        == min(math.floor(_single((output + shift) * single)), size - 1)
        for output in range(outputs)
    )


def _single(number: float) -> float:
    """`number` rounded to single precision."""
    return float(struct.unpack("f", struct.pack("f", number))[0])
