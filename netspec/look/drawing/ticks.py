"""Round numbers beside a colour bar: pictures without axes need no matplotlib, which takes a second to import."""

from __future__ import annotations

from math import ceil, floor, inf, log10

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between numbers, times powers of ten."""


def ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of a round step from one number to a larger one, the closest of which there are at most so many."""
    span = high - low
    power = 10.0 ** floor(log10(span / most)) if 0 < span / most < inf else 0.0
    if not power:
        return [low]
    step = next((each * power for each in _ROUND if span / (each * power) <= most), 10 * power)
    slack = 1e-9 * span
    found = (step * at for at in range(ceil((low - slack) / step), floor((high + slack) / step) + 1))
    return [0.0 if abs(each) < slack else each for each in found]


def number(value: float) -> str:
    """A number beside an axis, in three digits."""
    return f"{value:.3g}".replace("-", "−")
