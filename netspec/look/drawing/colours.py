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

_VIRIDIS = (
    "440154", "481769", "472a7a", "433d84", "3d4e8a", "355e8d", "2e6d8e", "297b8e", "23898e", "1f978b",
    "21a585", "2eb37c", "46c06f", "65cb5e", "89d548", "b0dd2f", "d8e219", "fde725",
)  # fmt: skip
"""Every 15th of the 256 colours of viridis (Smith and van der Walt, 2015), whose lightness rises evenly."""


def rgb(colour: str) -> tuple[int, int, int]:
    """A theme's ``#rrggbb`` as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


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
    known = _ENDS[dark] if signed else [tuple(bytes.fromhex(each)) for each in _VIRIDIS]
    places, colours = np.linspace(0, 255, len(known)), np.array(known, float).T
    return np.stack([np.interp(np.arange(256), places, channel) for channel in colours], 1).round().astype(np.uint8)
