"""When a run ends before its time."""

from __future__ import annotations

from collections.abc import Sequence


def stops(losses: Sequence[float], patience: int, min_delta: float) -> bool:
    """Whether the last `patience` losses are none lower, by more than `min_delta`."""
    best, since = float("inf"), 0
    for loss in losses:
        if loss < best - min_delta:
            best, since = loss, 0
        else:
            since += 1
    return since >= patience
