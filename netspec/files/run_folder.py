"""The files of a training run's folder, which may be reached through a link, but holds none, and the names of runs."""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path

from netspec.diagnostics import did_you_mean
from netspec.files.writing import within

RUNS = Path("runs")
"""The folder of runs that were given no other."""
_MOST_NAMED = 5_000
"""The most runs among which a misspelt name is sought."""

SPEC, RECIPE, METRICS, TABLE = "spec.yaml", "recipe.yaml", "metrics.json", "metrics.csv"
STEPS = "steps.csv"
"""The table of a run's steps, where its recipe says `log_every`."""
LAST, EMA, BEST = "last.safetensors", "ema.safetensors", "best.safetensors"
CURVES, EVENTS = "curves.png", "tensorboard"
WANDB, MLFLOW, MLFLOW_FILES = "wandb", "mlflow.db", "mlartifacts"
LOGGED_AS = "logged_as"
"""The file with the name by which W&B and MLflow know the run."""
CHECKPOINT, FAILED = "checkpoint", "failed.safetensors"
LOCK = "run.lock"
KEPT = "kept"
"""The folder of the best epochs' weights, where more than one is kept."""


def kept_as(epoch: int) -> str:
    """The file of the weights of one of the best epochs."""
    return f"{KEPT}/epoch-{epoch}.safetensors"


UNDRAWN = "undrawn"
"""The key of the metrics that tells of pictures that could not be drawn, each with the reason."""


def confusion_files(output: str) -> tuple[str, str]:
    """The picture and the table of a confusion matrix: that of one of several outputs, or of the only one: ``""``."""
    end = f"-{output}" if output else ""
    return f"confusion{end}.png", f"confusion{end}.csv"


PRECISIONS = ("precision_recall.png", "precision_recall.csv")
"""The picture and the table of a detector's precision over its recall."""

_FILES = (
    *(SPEC, RECIPE, METRICS, TABLE, LAST, EMA, BEST, CURVES, *confusion_files(""), *PRECISIONS),
    *(STEPS, FAILED, LOCK, MLFLOW, LOGGED_AS),
)
_FOLDERS = (EVENTS, CHECKPOINT, KEPT, WANDB, MLFLOW_FILES)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run's spec."""
    return (folder / SPEC).is_file()


def run_named(given: Path) -> Path:
    """What is at a place, where something is there; or else what bears that name in ``runs/``, and no way out of it."""
    named = ".." not in given.parts and not os.path.lexists(given)
    return RUNS / given if named and os.path.lexists(RUNS / given) else given


def run_names() -> list[str]:
    """The names in ``runs/``."""
    try:
        with os.scandir(RUNS) as inside:
            return [each.name for each in islice(inside, _MOST_NAMED) if each.is_dir()]
    except OSError:
        return []


def absent_run_help(given: Path) -> str:
    """The help for a place that is no run: the nearest name of one, or where runs are."""
    return did_you_mean(given.name, run_names()) or "runs are in runs/ unless `netspec train --out` says otherwise"


def check_members(folder: Path) -> None:
    """Make sure that nothing in a run's folder leads out of it.

    Raises:
        NetspecError: NS0925: one of the names that a run uses is a link, or stands for something of another kind.
    """
    for name in _FILES:
        within(folder, name)
    for name in _FOLDERS:
        within(folder, name, stat.S_IFDIR)


def final_weights(folder: Path) -> Path:
    """The file of the weights that a run is judged by: their average where it keeps one, or else the last.

    Raises:
        NetspecError: NS0925: it is a link, or no file.
    """
    average = within(folder, EMA)
    return average if average.is_file() else within(folder, LAST)
