"""Numbers as colours: from dark to bright, or in two hues on both sides of 0; what is no number has its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from netspec.look.figures import Array, Scale
from netspec.picture.themes import DARK, Theme

BROKEN = (255, 0, 200)
"""The colour of what is no finite number; no scale has it."""

_ENDS = {False: ((0, 90, 181), (255, 255, 255), (203, 77, 0)), True: ((86, 180, 233), (27, 33, 40), (255, 148, 61))}
"""Below 0, at 0 and above it: after Okabe and Ito, by whether the ground is dark."""


def shades(values: Array, scale: Scale, theme: Theme) -> Array:
    """Numbers [...] as colours uint8 [..., 3]; those beyond the scale are as its ends."""
    span = scale.high - scale.low or 1.0
    shares = (values.astype(np.float64) - scale.low) / span
    finite = np.isfinite(shares)
    places = np.rint(np.where(finite, shares, 0).clip(0, 1) * 255).astype(np.uint8)
    colours: Array = _table(scale.signed, theme is DARK)[places]
    colours[~finite] = BROKEN
    return colours


def broken(values: Array) -> str:
    """A line that tells of numbers that are not finite; empty where all are."""
    count = int((~np.isfinite(values)).sum())
    return f"{count:,} of {values.size:,} numbers are not finite: they are pink" if count else ""


@cache
def _table(signed: bool, dark: bool) -> Any:
    """256 colours, uint8 [256, 3]."""
    if signed:
        places, colours = (0, 127.5, 255), np.array(_ENDS[dark], float).T
        return np.stack([np.interp(np.arange(256), places, channel) for channel in colours], 1).round().astype(np.uint8)
    from matplotlib import colormaps

    return (colormaps["viridis"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
