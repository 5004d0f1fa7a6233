"""The arithmetic that a device reaches in a product of matrices, measured."""

from __future__ import annotations

import time

import torch

_SIZES = {"cpu": 1024, "cuda": 8192}
"""Rows and columns, by the kind of device: large enough to keep it busy, small enough to take a moment."""

_ROUNDS = 5


def measured_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Multiply-accumulates a second of the fastest of a few square products, with the threads that torch now has."""
    size = _SIZES.get(device.type, 1024)
    one, other = (torch.ones(size, size, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(_ROUNDS):
        _wait(device)
        start = time.perf_counter()
        one @ other
        _wait(device)
        best = min(best, time.perf_counter() - start)
    return float(size**3 / best)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
