"""Searches among sizes, with few trials: the smallest that works, the range in which a property stays the same."""

from __future__ import annotations

from collections.abc import Callable

LARGEST = 4096
"""The largest size tried; a network that takes none up to it is assumed to take none."""

EACH = 256
"""Sizes below a working one that are tried one by one, to be sure that it is the smallest."""


def smallest(works: Callable[[int], bool], start: int) -> int | None:
    """The smallest size that works: bisection from one that does, then all smaller ones are tried.

    The second step is for networks that take some sizes and refuse larger ones, as where a factor must divide.
    Of the sizes below one beyond `EACH`, the first and the last `EACH` are tried.
    """
    high = start
    while not works(high):
        high *= 2
        if high > LARGEST:
            return next((size for size in range(1, min(start, EACH)) if works(size)), None)
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(middle) else (middle, high)
    below = dict.fromkeys((*range(1, min(high, EACH)), *range(max(high - EACH, 1), high)))
    return next((size for size in below if works(size)), high)


def keeping(same: Callable[[int], bool], own: int) -> tuple[int, int | None]:
    """The range around `own` in which a property stays the same; without an end where it does up to twice `own`."""
    limit = max(LARGEST, 2 * own)
    low, high = _edge(same, own, -1, 0), _edge(same, own, 1, limit + 1)
    # Sizes between those tried may differ: the range ends at the first that does.
    low = next((size + 1 for size in range(own, max(low, own - EACH) - 1, -1) if not same(size)), low)
    high = next((size - 1 for size in range(own, min(high, own + EACH) + 1) if not same(size)), high)
    return low, None if high == limit else high


def _edge(same: Callable[[int], bool], own: int, way: int, end: int) -> int:
    """The last size before `end` with the same property: steps that double, then bisection."""
    inside, step = own, 1
    while True:
        outside = own + way * step
        if (outside - end) * way >= 0:
            outside = end
            break
        if not same(outside):
            break
        inside, step = outside, step * 2
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if same(middle) else (inside, middle)
    return inside
