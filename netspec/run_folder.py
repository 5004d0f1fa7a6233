"""The files of a training run's folder."""

from __future__ import annotations

from pathlib import Path

SPEC, RECIPE, METRICS, TABLE = "spec.yaml", "recipe.yaml", "metrics.json", "metrics.csv"
LAST, EMA, BEST = "last.safetensors", "ema.safetensors", "best.safetensors"
CURVES, CONFUSION, EVENTS = "curves.png", "confusion.png", "tensorboard"
CHECKPOINT, FAILED = "checkpoint", "failed.safetensors"
EVENTS, CURVES, CONFUSION = "tensorboard", "curves.png", "confusion.png"


def final_weights(folder: Path) -> Path:
    """The file of the weights that a run is judged by: their average where it keeps one, or else the last."""
    average = folder / EMA
    return average if average.is_file() else folder / LAST
