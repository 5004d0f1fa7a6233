"""The figures by which a training script compares epochs: for the best weights, and for an early end."""

from __future__ import annotations

from typing import Any

from netspec.recipe.detecting import Detecting
from netspec.recipe.metrics import Metric
from netspec.recipe.objective import Objective
from netspec.recipe.objectives import Objectives
from netspec.recipe.recipe import Recipe


def comparing(recipe: Recipe, objective: Objective | Objectives | Detecting) -> dict[str, Any]:
    """The settings of these figures."""
    checkpoint, early = recipe.checkpoint, recipe.early_stopping
    chosen = checkpoint.monitor or (objective.chooses if isinstance(objective, Detecting) else "loss")
    stopped = (early and early.monitor) or chosen
    asked = checkpoint.monitor is not None or checkpoint.keep > 1
    compared = bool(recipe.data.validation) or recipe.data.brings_parts or early is not None or asked
    return {
        "MONITORS": compared and ((chosen, stopped) != ("loss", "loss") or asked),
        "CHOSEN_BY": chosen,
        "CHOSEN_HIGH": _is_high(chosen),
        "STOPPED_BY": stopped,
        "STOPPED_HIGH": _is_high(stopped),
        "CHOOSES": asked,
        "KEEP": checkpoint.keep,
    }


def _is_high(figure: str) -> bool:
    metric = Metric.of_figure(figure)
    return metric is not None and metric.higher
