"""Widths of pictures: ``88mm``, ``3.5in``, ``252pt``, ``400px``."""

from __future__ import annotations

import re

from netspec.diagnostics import Code, NetspecError

INCHES = {"mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1.0, "pt": 1 / 72, "px": 1 / 96}
"""Inches in each unit (CSS Values and Units, 6.2)."""
MOST_INCHES = 200.0
"""The largest width; more than a poster has."""


def width(text: str) -> str:
    """A width as CSS writes it.

    Raises:
        NetspecError: NS0911: it is no width, or larger than `MOST_INCHES`.
    """
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?) ?(mm|cm|in|pt|px)", text.strip(), re.ASCII)
    if found is None or not 0 < float(found[1]) * INCHES[found[2]] <= MOST_INCHES:
        raise NetspecError.of(
            Code.UNKNOWN_FORMAT,
            f"`{text}` is no width of a picture",
            expected=f"a number with one of {', '.join(INCHES)}, such as 88mm, up to {MOST_INCHES:g}in",
        )
    return found[1] + found[2]


def inches(width: str) -> float:
    """A width, as `width` gives it, in inches."""
    return float(width[:-2]) * INCHES[width[-2:]]
