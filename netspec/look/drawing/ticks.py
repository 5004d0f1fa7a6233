"""Round numbers along an axis."""

from __future__ import annotations

from math import ceil, floor, inf, log10

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Steps between numbers, times powers of ten."""
_FEW, _MANY = 3, 8
"""Powers of ten from which a logarithmic axis shows these alone, and from which it leaves some out."""


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


def logarithmic_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from one number to a larger one, with 2 and 5 times those where there are few; or round steps."""
    first, last = floor(log10(low)), ceil(log10(high))
    every = ceil((last - first) / most) if last - first > _MANY else 1
    factors = (1, 2, 5) if last - first <= _FEW else (1,)
    found = [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
    inside = [each for each in found if low <= each <= high]
    return inside if len(inside) > 1 else ticks(low, high, most)


def number(value: float) -> str:
    """A number beside an axis, in three digits."""
    return f"{value:.3g}".replace("-", "−")
