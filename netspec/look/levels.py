"""The shades of gray, or of colours, in which an output's numbers are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_HEAVY = 0.1
"""The share of what is below 0, against what is above, from which numbers count as signed ones."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The numbers that are shown as black and as white; those between are shown in proportion.

    Attributes:
        name: ``clip`` shows 0 as black and 1 as white, ``signed`` 0 as middle gray with both ends equally far from
            it, ``fit`` the least number as black and the largest as white.
        black: The number that is black.
        white: The number that is white.
    """

    name: str
    black: float
    white: float

    def pixels(self, values: Array) -> Array:
        """Numbers [C, H, W] as uint8 [H, W] or [H, W, 3]; those that are no numbers are black."""
        span = self.white - self.black or 1.0
        shares = np.nan_to_num((values.astype(np.float64) - self.black) / span, nan=0.0, posinf=1.0, neginf=0.0)
        shown = np.rint(shares.clip(0, 1) * 255).astype(np.uint8)
        return shown[0] if len(shown) == 1 else np.ascontiguousarray(np.moveaxis(shown, 0, -1))

    def __str__(self) -> str:
        middle = ", 0 is gray" if self.name == "signed" else ""
        return f"{self.black:.3g} is black, {self.white:.3g} is white{middle}"


def levels_of(values: Array, name: str = "auto") -> Levels:
    """The levels of an output.

    ``auto`` is ``signed`` where what lies below 0 is a tenth or more of what lies above, as behind an edge detector;
    else ``clip``: numbers beyond black and white become those, as behind a sharpening.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return Levels("clip", 0.0, 1.0)
    if name == "auto":
        below, above = -finite[finite < 0].sum(), finite[finite > 0].sum()
        name = "signed" if below > 0 and below >= _HEAVY * above else "clip"
    if name == "signed":
        most = float(np.abs(finite).max()) or 1.0
        return Levels(name, -most, most)
    if name == "fit":
        return Levels(name, float(finite.min()), float(finite.max()))
    return Levels("clip", 0.0, 1.0)
