"""The input elements from which an interpolated element is computed, along one axis."""

import math
import struct
from fractions import Fraction
from functools import lru_cache

from netspec.layers.reach import LONGEST_PERIOD, Span

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
