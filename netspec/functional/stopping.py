"""Early stopping of a run."""

from __future__ import annotations

from collections.abc import Sequence


def stops(losses: Sequence[float], patience: int, min_delta: float) -> bool:
    """Whether none of the last `patience` losses is lower, by more than `min_delta`."""
    best, since = float("inf"), 0
    for loss in losses:
        if loss < best - min_delta:
            best, since = loss, 0
        else:
            since += 1
    return since >= patience
