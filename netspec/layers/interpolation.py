"""Which input elements an interpolated element is made of, along one axis."""

import math
import struct
from fractions import Fraction

from netspec.layers.reach import Span


def interpolated(
    mode: str, align_corners: bool, size: int, outputs: int, ratio: Fraction
) -> tuple[int, tuple[Span, ...]] | None:
    """Step and spans of `netspec.layers.reach.Along`.

    Args:
        mode: As of torch.nn.Upsample.
        align_corners: Whether first and last elements of input and output lie on each other.
        size: Input elements.
        outputs: Output elements.
        ratio: Input elements per output element, where corners are not aligned.

    Returns:
        None where the pattern does not repeat, or torch's rounding departs from it.
    """
    if align_corners:
        ratio = Fraction(size - 1, outputs - 1) if outputs > 1 else Fraction(0)
    if ratio.denominator > outputs:
        return None
    spans = tuple(_span(mode, align_corners, output, ratio) for output in range(ratio.denominator))
    if mode.startswith("nearest") and not _rounds_alike(mode, size, outputs, ratio):
        return None
    return ratio.numerator, spans


def _span(mode: str, align_corners: bool, output: int, ratio: Fraction) -> Span:
    """The input elements with a weight (``area_pixel_compute_source_index`` in torch's ATen/native/UpSample.h)."""
    if mode.startswith("nearest"):
        at = math.floor((output + _shift(mode)) * ratio)
        return at, at
    place = output * ratio if align_corners else (output + Fraction(1, 2)) * ratio - Fraction(1, 2)
    first = math.floor(place)
    if place == first:
        return first, first
    return (first - 1, first + 2) if mode == "bicubic" else (first, first + 1)


def _shift(mode: str) -> Fraction:
    """`nearest-exact` takes the element nearest to the middle of a pixel, `nearest` to its edge."""
    return Fraction(1, 2) if mode == "nearest-exact" else Fraction(0)


def _rounds_alike(mode: str, size: int, outputs: int, ratio: Fraction) -> bool:
    """Whether torch, which multiplies in single precision, takes the same elements."""
    single = _single(ratio.numerator / ratio.denominator)
    exact = ((output + _shift(mode)) * ratio for output in range(outputs))
    rounded = (_single(float(output + _shift(mode)) * single) for output in range(outputs))
    return all(
        min(math.floor(a), size - 1) == min(math.floor(b), size - 1) for a, b in zip(exact, rounded, strict=True)
    )


def _single(number: float) -> float:
    """`number` rounded to single precision."""
    return float(struct.unpack("f", struct.pack("f", number))[0])
